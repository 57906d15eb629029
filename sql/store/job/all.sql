SELECT began_from, began_to, next_id, last_id, began, changed, finished, calls, events FROM job ORDER BY changed DESC
