-- When the hook last announced something.
SELECT coalesce(max(at), 0) FROM announced
