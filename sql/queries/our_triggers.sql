-- Each table with triggers of ours and how many they are, its partitions' own among them.
select format('%I.%I', n.nspname, c.relname), count(*)
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid = t.tgfoid and p.pronamespace = 'motjuste'::regnamespace
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not t.tgisinternal
group by 1
order by 1
