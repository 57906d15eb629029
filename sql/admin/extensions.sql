SELECT extension FROM users
