-- Every text and json column of the user's relations of some kinds: partitions count with their parent. Of arrays, kind is
-- that of their elements with [].
with recursive @types@,
stats as materialized (
    -- at once: joined row by row this view takes a second for some thousand columns
    select
        s.schemaname, s.tablename, s.attname, s.inherited, s.avg_width, s.n_distinct, empty.share / nullif(1 - s.null_frac, 0) as empty,
        1 - s.null_frac - empty.share as filled
    from pg_catalog.pg_stats as s
    -- how many rows have an empty text, which applications store in place of null: it says nothing of the others
    cross join lateral (
        select case when s.most_common_vals::text ~ '^\{""[,}]' then s.most_common_freqs[1] else 0 end as share
    ) as empty
    where s.schemaname !~ '^pg_' and s.schemaname <> 'information_schema'
),
tree (root, oid) as (
    -- a relation's partitions, or itself
    select c.oid, c.oid
    from pg_catalog.pg_class as c
    where c.relkind in ('r', 'm', 'f', 'p') and not c.relispartition
    union all
    select t.root, i.inhrelid
    from tree as t
    join pg_catalog.pg_inherits as i on i.inhparent = t.oid
    join pg_catalog.pg_class as part on part.oid = i.inhrelid and part.relispartition
),
locked as materialized (
    select l.relation as oid
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation is not null
),
relation as materialized (
    select
        c.oid, c.relname, c.relnamespace, c.relkind,
        coalesce(
            (
                select array_agg(k.attname order by p.place)
                from pg_catalog.pg_index as i
                cross join lateral unnest(i.indkey::int2[]) with ordinality as p (attnum, place)
                join pg_catalog.pg_attribute as k on k.attrelid = c.oid and k.attnum = p.attnum
                where i.indrelid = c.oid and i.indisprimary and p.place <= i.indnkeyatts
            ),
            '{}'
        ) as key,
        (
            -- reltuples is -1 until the first ANALYZE: then guess from the size on disk, for which a table is locked for a
            -- moment; one that somebody else has locked is not waited for
            select
                coalesce(
                    sum(
                        case
                            when leaf.reltuples >= 0 then leaf.reltuples
                            when leaf.oid not in (select l.oid from locked as l) then pg_catalog.pg_relation_size(leaf.oid) / 150
                        end
                    ),
                    0
                )::bigint
            from tree as t
            join pg_catalog.pg_class as leaf on leaf.oid = t.oid and leaf.relkind in ('r', 'm', 'f')
            where t.root = c.oid
        ) as rows
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where
        c.relkind::text = any (%(kinds)s::text[])
        and not c.relispartition
        and c.relpersistence <> 't'
        and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', 'motjuste')
        and (cardinality(%(schemas)s::text[]) = 0 or n.nspname = any (%(schemas)s::text[]))
        -- an extension's own tables are its affair
        and not exists (
            select
            from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
)
select
    n.nspname as schema,
    c.relname as "table",
    a.attname as name,
    case when base.typcategory = 'A' then item.typname || '[]' else base.typname end as kind,
    c.relkind::text as relkind,
    c.key,
    c.rows,
    -- atttypmod of varchar(n) and char(n) is n + 4; a domain keeps its own
    greatest(a.atttypmod - 4, root.typmod - 4, 0) as size,
    coalesce(pg_catalog.col_description(c.oid, a.attnum), '') as comment,
    exists (
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = c.oid and con.contype in ('p', 'u', 'f') and a.attnum = any (con.conkey)
    ) as constrained,
    exists (
        -- a CHECK that names values, not one of length
        select
        from pg_catalog.pg_constraint as con
        where con.conrelid = c.oid and con.contype = 'c' and con.conkey = array[a.attnum]
            and pg_catalog.pg_get_constraintdef(con.oid) ~ '(= ANY|::text = )'
            and pg_catalog.pg_get_constraintdef(con.oid) !~* 'length'
    ) as listed,
    -- a mean of whole bytes, one of them for an empty text: of few others it says nothing
    case when stats.empty > 0.8 then 0 else coalesce((stats.avg_width - stats.empty) / (1 - stats.empty), 0) end::int as width,
    -- of few rows that hold something there are few values, whatever they are
    case when c.rows >= 1000 and c.rows * stats.filled < 1000 then 0 else coalesce(stats.n_distinct, 0) end::float8 as "distinct",
    pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select') as readable
from relation as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join root on root.oid = a.atttypid
join pg_catalog.pg_type as base on base.oid = root.base
left join root as item_root on item_root.oid = base.typelem and base.typcategory = 'A'
left join pg_catalog.pg_type as item on item.oid = item_root.base
left join stats
    on stats.schemaname = n.nspname and stats.tablename = c.relname and stats.attname = a.attname
    and stats.inherited = (c.relkind = 'p')
where
    a.attgenerated = ''
    and (
        base.typname in ('text', 'varchar', 'bpchar', 'citext', 'json', 'jsonb')
        or %(lists)s and (base.typname = 'xml' or item.typname in ('text', 'varchar', 'bpchar', 'citext'))
    )
    -- not what a user calls so: only a superuser makes a type of the category of strings
    and (
        coalesce(item.typcategory, base.typcategory) = 'S'
        or coalesce(item.typnamespace, base.typnamespace) = 'pg_catalog'::regnamespace
    )
order by n.nspname, c.relname, a.attnum
