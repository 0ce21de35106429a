-- Whether a superuser reads here what belongs to somebody else, who could make an index meanwhile.
with recursive @trusted@,
tree as (
    select c.oid
    from (select parse_ident(%(relation)s) as parts) as named
    join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
    join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
    union
    select i.inhrelid from tree join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
)
select m.it_is
    and coalesce(current_setting('motjuste.trust_owner', true), '') <> 'on'
    and exists (
        select
        from tree
        join pg_catalog.pg_class as c on c.oid = tree.oid
        where c.relkind in ('r', 'p') and c.relowner not in (select t.oid from trusted as t)
    )
from mighty as m
