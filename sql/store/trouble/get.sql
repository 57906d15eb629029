SELECT at, status, words FROM trouble WHERE one = 1
