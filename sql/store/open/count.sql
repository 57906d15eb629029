SELECT count(DISTINCT group_name) FROM open_call
