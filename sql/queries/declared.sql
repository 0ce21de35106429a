-- What the columns are watched by, triggers included, and the policy that the database keeps: a line for each.
select (to_jsonb(w) - array['attached_at', 'attached_by', 'seen_as'])::text
from motjuste.watch as w
union all
select to_jsonb(r)::text
from motjuste.retention as r
union all
select to_jsonb(s)::text
from motjuste.setting as s
