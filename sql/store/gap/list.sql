SELECT first, last, since FROM gap ORDER BY first
