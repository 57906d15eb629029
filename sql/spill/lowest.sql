SELECT min(first) FROM parcel
