UPDATE trouble SET words = '' WHERE at < :before AND words <> ''
