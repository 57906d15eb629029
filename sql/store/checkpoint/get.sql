SELECT cursor, start, first_pass, last_pass FROM checkpoint WHERE one = 1
