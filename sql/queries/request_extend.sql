-- Extend a request by two months, once, within the first and before it is answered: nothing comes back where that is not so.
update motjuste.request
set due = (received + interval '3 months')::date, reason = %(reason)s, extended_at = now(), extended_by = %(by)s
where id = %(id)s and extended_at is null and complete is not true and due >= current_date
returning due
