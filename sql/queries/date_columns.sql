-- The columns of a table that are dates: those whose names speak of writing first, then dates of the event, then others.
select a.attname::text
from pg_catalog.pg_attribute as a
join pg_catalog.pg_type as t on t.oid = a.atttypid
where a.attrelid = %(relation)s::regclass
    and a.attnum > 0
    and not a.attisdropped
    and t.typname in ('date', 'timestamp', 'timestamptz')
order by
    case
        when a.attname ~* '(creat|creation|cree|saisi|saisie|redig|ecrit|written|insert|ajout|added|posted)' then 0
        when a.attname ~* '^(jour|date|dt|day|le|horodat.*|timestamp|ts)$' then 1
        when a.attname ~* '(note|comment|appel|call|visit|rdv|interv)' then 2
        when a.attname ~* '(modif|maj|updat|chang)' then 3
        when a.attname ~* '(naiss|birth|echeance|due|fin|end|expir|suppr|delet)' then 5
        else 4
    end,
    a.attnum
