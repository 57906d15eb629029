-- A clock that was set back: nothing was seen or asked for in the future.
UPDATE open_call SET last_seen = min(last_seen, :now), asked = min(asked, :now)
WHERE last_seen > :now OR asked > :now
