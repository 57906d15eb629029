INSERT INTO parcel (first, due, bytes) VALUES (:first, :due, :bytes)
