-- Recommended: cel (uniqueid), cel (linkedid), cdr (uniqueid), cdr (calldate). FreePBX makes all of them; check names what is missing.
CREATE INDEX :index ON :table (:column)
