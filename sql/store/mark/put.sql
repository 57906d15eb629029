INSERT INTO mark (id, uniqueid, wall) VALUES (:id, :uniqueid, :wall)
ON CONFLICT (id) DO UPDATE SET uniqueid = excluded.uniqueid, wall = excluded.wall
