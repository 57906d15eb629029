GRANT SELECT ON :table TO :account
