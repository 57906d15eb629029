SELECT n, bytes FROM parcel WHERE due <= :value ORDER BY due LIMIT 1
