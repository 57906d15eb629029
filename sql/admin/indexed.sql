-- Columns an index begins with. Of tables one may not read nothing is shown.
SELECT COLUMN_NAME FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = :database AND TABLE_NAME = :table AND SEQ_IN_INDEX = 1
