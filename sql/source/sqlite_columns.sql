-- The names of a table's columns; no rows where there is no such table.
SELECT name FROM pragma_table_info(?1)
