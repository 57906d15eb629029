DELETE FROM open_call WHERE group_name = :group
