UPDATE retention
SET walked = :walked, outbox_after = :outbox_after, recording_after = :recording_after
WHERE one = 1
