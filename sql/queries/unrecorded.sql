-- How many checks failed so far of which nothing could be recorded.
select case when u.is_called then u.last_value else 0 end from motjuste.unrecorded as u
