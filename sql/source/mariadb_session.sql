-- A scan may pause for as long as its reader has other work: the server must not hang up meanwhile.
SET SESSION net_write_timeout = 3600, wait_timeout = 28800
