-- The rights on our objects that nobody needs: what, whose, which.
select
    s.kind, s.name || case when s.part <> '' then ' (' || s.part || ')' else '' end as name,
    case when s.grantee = 0 then 'PUBLIC' else pg_get_userbyid(s.grantee)::text end as role,
    string_agg(distinct lower(s.privilege), ', ') as privileges
from motjuste.surplus() as s
group by 1, 2, 3
order by 1, 2, 3
