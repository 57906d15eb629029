SELECT callid FROM announced WHERE id = :id ORDER BY callid
