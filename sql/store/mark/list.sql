SELECT id, uniqueid, wall FROM mark ORDER BY id DESC
