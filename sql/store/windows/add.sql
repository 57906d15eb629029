INSERT INTO windows (callid, ext, n, opened_by, opened, accepted, closed_as, closed, final)
VALUES (:callid, :ext, :n, :opened_by, :opened, :accepted, :closed_as, :closed, :final)
ON CONFLICT (callid, ext, n) DO NOTHING
