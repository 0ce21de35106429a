-- The columns of a table that may say when a row was written, with what they are by their name and default: those of writing first,
-- then of the event, then of a change, any other, and last of an import; not those of a birth, a term or an end.
with named as (
    select
        a.attname::text as name,
        a.attnum,
        pg_get_expr(d.adbin, d.adrelid) ~* '(now\(\)|current_|_timestamp\(\)|localtimestamp)' as is_filled
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = %(relation)s::regclass
        and a.attnum > 0
        and not a.attisdropped
        and t.typname in ('date', 'timestamp', 'timestamptz')
        and t.typnamespace = 'pg_catalog'::regnamespace
        and a.attname !~* '(naiss|birth|deces|death|echeance|échéance|limite|expir|suppr|delet|resil|résil|(^|_)(due|fin|end|until)(_|$))'
)
select x.name, x.kind
from (
    select
        n.name,
        n.attnum,
        case
            when n.name ~* '(import|charg[eé]ment|(^|_)(load|etl|elt|batch)|sync|migr|ingest|extract|repli|reprise|integr|_sdc_|_fivetran)' then 'import'
            when n.name ~* '(modif|(^|_)maj(_|$)|updat|chang|(^|_)edit|revis|touch|write_date|(^|_)(last|dern|derni[eè]re?)|last|^(tms|mtime|tstamp|aedat|laeda|datem|date_m|date_upd|dt_?maj|datemaj|maj.*)$)' then 'change'
            when n.name ~* '(creat|crea(_|$)|cr[eé]{1,2}e?(_|$)|cre(_|$)|saisi|r[eé]dig|[eé]crit|writt|insert|ajout|(^|_)add|added|date_?add|(^|_)post|entered|submit|(^|_)reg_?date|^(datec|datecre|dtcre.*|dcre.*|date_c|date_cr|dt_c|ctime|cdate|crdate|erdat)$)' then 'creation'
            when n.name ~* '^(jour|date|dt|day|le|horodat.*|timestamp|ts)$' then 'event'
            when n.name ~* '(note|comment|appel|call|visit|rdv|interv)' then 'event of the note'
            when n.is_filled then 'default'
            else 'other'
        end as kind
    from named as n
) as x
order by array_position(array['creation', 'event', 'event of the note', 'default', 'change', 'other', 'import'], x.kind), x.attnum
