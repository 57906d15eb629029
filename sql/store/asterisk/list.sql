SELECT systemname, epoch, counter, restarted FROM asterisk ORDER BY systemname
