DELETE FROM gap WHERE first BETWEEN :first AND :last
