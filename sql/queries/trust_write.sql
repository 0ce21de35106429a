-- The relations whose code runs where these are written, with their owners: themselves, their partitions and children, what views
-- are made of, the tables that follow a key of theirs. Only those whose owner is not trusted: for a superuser any, for another role
-- those on which somebody else's trigger or rule runs.
with recursive @trusted@,
tree as (
    select c.oid
    from unnest(%(relations)s::text[]) as x (name)
    cross join lateral (select parse_ident(x.name) as parts) as named
    join pg_catalog.pg_namespace as n on n.nspname = named.parts[1]::name
    join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[2]::name
    union
    select next.oid
    from tree
    cross join lateral (
        select i.inhrelid as oid from pg_catalog.pg_inherits as i where i.inhparent = tree.oid
        union all
        select d.refobjid
        from pg_catalog.pg_rewrite as r
        join pg_catalog.pg_depend as d
            on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
            and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
        where r.ev_class = tree.oid
        union all
        select k.conrelid
        from pg_catalog.pg_constraint as k
        where k.contype = 'f' and k.confrelid = tree.oid and k.confupdtype in ('c', 'n', 'd')
    ) as next
)
select format('%%I.%%I', n.nspname, c.relname) as relation, pg_catalog.pg_get_userbyid(c.relowner)::text as owner
from tree
join pg_catalog.pg_class as c on c.oid = tree.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join mighty as m
where coalesce(current_setting('motjuste.trust_owner', true), '') <> 'on'
    and c.relowner not in (select t.oid from trusted as t)
    and (
        m.it_is
        or exists (
            select
            from pg_catalog.pg_trigger as g
            join pg_catalog.pg_proc as p on p.oid = g.tgfoid
            where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 16 = 16 and g.tgenabled <> 'D'
                and p.proowner not in (select t.oid from trusted as t)
                and p.pronamespace <> coalesce(to_regnamespace('motjuste'), 0::oid)
        )
        or exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '2' and r.rulename <> '_RETURN')
    )
order by 1
limit 1
