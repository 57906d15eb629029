INSERT INTO asterisk (systemname, epoch, counter, restarted)
VALUES (:systemname, :epoch, :counter, :restarted)
ON CONFLICT (systemname) DO UPDATE
SET epoch = excluded.epoch, counter = excluded.counter, restarted = excluded.restarted
