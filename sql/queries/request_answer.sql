-- Record the answer to a request; when it is due.
update motjuste.request
set answered_at = now(), answered_by = %(by)s, complete = %(complete)s, notes = %(notes)s, tables = %(tables)s
where id = %(id)s
returning received, due
