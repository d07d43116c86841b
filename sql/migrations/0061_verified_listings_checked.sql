-- The entries that were there when 0060 came. Everybody reads and writes meanwhile.
alter table access_log validate constraint access_log_action;
