SELECT n, bytes FROM parcel WHERE first >= :value ORDER BY first LIMIT 1
