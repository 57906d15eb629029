SELECT began_from, began_to, next_id, last_id, began, changed, finished, calls, events FROM job WHERE began_from = :began_from AND began_to = :began_to
