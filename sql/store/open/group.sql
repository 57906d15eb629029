SELECT group_name FROM open_call WHERE linkedid = :linkedid
