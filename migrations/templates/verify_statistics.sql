-- What the planner keeps of the column, of its partitions too: common values and bounds are whole notes.
insert into pg_temp.motjuste_standing
with recursive tree as (
    select @relation_text@::regclass::oid as oid
    union
    select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
),
kept as materialized (
    select @value_digest@ as digest
    from tree
    join pg_catalog.pg_class as c on c.oid = tree.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_stats as s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = @column_text@
    cross join pg_temp.motjuste_key as k
    cross join lateral (
        select unnest(s.most_common_vals::text::text[]) as value
        union
        select unnest(s.histogram_bounds::text::text[])
    ) as v
)
select 'value(s) that the statistics (pg_stats) keep', @place@, null
from kept as v
where v.digest in (select b.digest from pg_temp.motjuste_before as b);
