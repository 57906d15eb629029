INSERT OR IGNORE INTO name (name, parcel) VALUES (:name, :parcel)
