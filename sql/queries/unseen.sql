-- The tables of watched columns with rows that no trigger saw, or may have not, since the last scan.
select u.relation, u.column_name::text, u.json_key, u.member, u.state
from motjuste.unseen as u
order by 1, 2, 3, 4, 5
