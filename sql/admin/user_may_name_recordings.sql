-- Only for [recordings] update_cdr: the one column that is ever written.
GRANT SELECT, UPDATE (recordingfile) ON :table TO :account
