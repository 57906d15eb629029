SELECT n, bytes FROM parcel WHERE n = (SELECT parcel FROM name WHERE name = :value LIMIT 1)
