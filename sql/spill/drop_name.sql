DELETE FROM name WHERE name = :name AND parcel = :parcel
