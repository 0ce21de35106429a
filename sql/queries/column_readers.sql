-- Who can read each watched column. A partition is listed where someone can read it who cannot read the whole.
select r.relation, r.column_name::text, r.json_key, r.role, r.login, r.via, r.member
from motjuste.reader as r
where r.member = r.relation
    or not exists (
        select
        from motjuste.reader as x
        where (x.relation, x.column_name, x.json_key, x.role) = (r.relation, r.column_name, r.json_key, r.role)
            and x.member = x.relation
    )
order by 1, 2, 3, r.member <> r.relation, 7, 4
