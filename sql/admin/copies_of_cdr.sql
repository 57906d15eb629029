-- FreePBX 15 plays recordings from copies of cdr, where it made any (FreePBX/cdr, Cdr.class.php).
SELECT TABLE_NAME FROM information_schema.TABLES
WHERE TABLE_SCHEMA = :database AND TABLE_NAME IN ('transient_cdr', 'replicate_cdr')
