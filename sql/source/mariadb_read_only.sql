-- Nothing this program does may ever change a row; servers before 10.0 and 5.6 do not know it.
SET SESSION TRANSACTION READ ONLY
