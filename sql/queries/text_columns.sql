-- The text and json columns in which a copy of a note may stand: `likely` by their name or their table's, `filled` where a
-- trigger of the table %(relation)s names their table.
with recursive member as (
    -- its children, whose rows are its own
    select i.inhrelid as oid from pg_inherits as i where i.inhparent = to_regclass(%(relation)s)
    union
    select i.inhrelid from member as m join pg_inherits as i on i.inhparent = m.oid
)
select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    a.attname::text as column_name,
    case when base.typname in ('json', 'jsonb') then %(column)s::text else '' end as json_key,
    f.filled
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
join pg_type as typ on typ.oid = a.atttypid
join pg_type as base on base.oid = case when typ.typtype = 'd' then typ.typbasetype else typ.oid end
cross join lateral (
    select exists (
        select
        from pg_trigger as g
        join pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = to_regclass(%(relation)s)
            and not g.tgisinternal
            and p.pronamespace <> coalesce(to_regnamespace('motjuste'), 0::oid)
            -- as a whole word, whatever signs it holds
            and p.prosrc ~ ('(?:^|\W)' || regexp_replace(c.relname, '(\W)', '\\\1', 'g') || '(?:\W|$)')
    ) as filled
) as f
where c.relkind in ('r', 'p')
    and not c.relispartition
    and not (a.attinhcount > 0 and a.attname = %(column)s and c.oid in (select m.oid from member as m))
    and c.relpersistence <> 't'
    and base.typname in ('text', 'varchar', 'bpchar', 'json', 'jsonb')
    and base.typnamespace = 'pg_catalog'::regnamespace
    and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'motjuste')
    and has_column_privilege(c.oid, a.attnum, 'select')
    and (format('%%I.%%I', n.nspname, c.relname), a.attname) is distinct from (%(relation)s::text, %(column)s::name)
    and (
        %(everywhere)s
        or a.attname = %(column)s
        or base.typname in ('json', 'jsonb') and (
            f.filled
            or c.relname ~* 'hist|audit|log|arch|version|trace|journal'
            or position((parse_ident(%(relation)s))[2] in c.relname) > 0
        )
    )
order by 1, 2
