INSERT INTO windows (callid, ext, n, opened_by, opened, accepted, closed_as, closed, final)
VALUES (:callid, :ext, :n, :opened_by, :opened, :accepted, :closed_as, :closed, :final)
ON CONFLICT (callid, ext, n) DO UPDATE
SET opened_by = excluded.opened_by, opened = excluded.opened, accepted = excluded.accepted,
	closed_as = excluded.closed_as, closed = excluded.closed, final = excluded.final
