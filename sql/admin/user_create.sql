CREATE USER :account IDENTIFIED BY :password
