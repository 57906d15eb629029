DELETE FROM gap WHERE since < :before
