-- Record the answer to a request; when it is due. Once a complete one was made, a partial one does not open it again.
update motjuste.request
set answered_at = now(), answered_by = %(by)s, complete = %(complete)s or complete is true,
    notes = %(notes)s, tables = %(tables)s
where id = %(id)s
returning received, due
