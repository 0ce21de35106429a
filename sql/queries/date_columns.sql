-- The columns of a table that may say when a row was written: those whose names speak of writing first, then dates of the event,
-- then others; not those of a birth, a term or an end.
select a.attname::text
from pg_catalog.pg_attribute as a
join pg_catalog.pg_type as t on t.oid = a.atttypid
where a.attrelid = %(relation)s::regclass
    and a.attnum > 0
    and not a.attisdropped
    and t.typname in ('date', 'timestamp', 'timestamptz')
    and t.typnamespace = 'pg_catalog'::regnamespace
    and a.attname !~* '(naiss|birth|deces|death|echeance|échéance|limite|expir|suppr|delet|resil|résil|(^|_)(due|fin|end|until)(_|$))'
order by
    case
        when a.attname ~* '(creat|creation|cree|saisi|saisie|redig|ecrit|written|insert|ajout|added|posted)' then 0
        when a.attname ~* '^(jour|date|dt|day|le|horodat.*|timestamp|ts)$' then 1
        when a.attname ~* '(note|comment|appel|call|visit|rdv|interv)' then 2
        when a.attname ~* '(modif|maj|updat|chang)' then 3
        else 4
    end,
    a.attnum
