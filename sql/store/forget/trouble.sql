UPDATE trouble SET words = '' WHERE instr(words, :digits) > 0
