INSERT INTO announced (id, callid, at) VALUES (:id, :callid, :at) ON CONFLICT (id, callid) DO NOTHING
