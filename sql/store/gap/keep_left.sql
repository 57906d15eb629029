-- What remains of a gap before the filled range.
UPDATE gap SET last = :first - 1 WHERE first < :first AND last >= :first
