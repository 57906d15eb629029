DELETE FROM parcel WHERE n = :parcel
