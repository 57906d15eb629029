SELECT first, last, since FROM gap WHERE first <= :last AND last >= :first ORDER BY first
