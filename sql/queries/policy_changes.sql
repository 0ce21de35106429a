-- What the policy changes of an installation, beside modes and rules: what it is of, as it is, as it is to be. A column that is watched
-- and that the policy does not name is to be '' what its mode is.
with wanted as (
    select to_regclass(x.relation) as relation, x.column, x.json_key, x.author, x.subject, x.deferred
    from jsonb_to_recordset(%(watches)s::jsonb)
        as x (relation text, "column" name, json_key text, author text, subject text, deferred boolean)
),
listed as (
    select w.*, x.author, x.subject, x.deferred as later, x.relation is not null as named
    from motjuste.watch as w
    left join lateral (
        select * from wanted as x
        where x.column = w.column_name and x.json_key = w.json_key
            and (x.relation = w.relation or w.relation in (select a.ancestor from motjuste.ancestors(x.relation) as a))
        limit 1
    ) as x on true
)
select l.label, l.column_name, l.json_key, c.what, c.was, c.becomes
from listed as l
cross join lateral (
    values
        ('watch', l.mode, case when l.named then l.mode else '' end),
        ('author', coalesce(l.author_column, 'none'), coalesce(nullif(l.author, ''), l.author_column, 'none')),
        ('subject', coalesce(l.subject_column, 'none'), coalesce(nullif(l.subject, ''), l.subject_column, 'none')),
        (
            'check', case when l.deferred then 'deferred' else 'at once' end,
            case when coalesce(l.later, l.deferred) then 'deferred' else 'at once' end
        )
) as c (what, was, becomes)
where c.was <> c.becomes
union all
select '', '', '', 'retention.' || r.status, r.keep::text, (k.value::interval)::text
from motjuste.retention as r
join jsonb_each_text(%(retention)s::jsonb) as k (status, value) on k.status = r.status
where r.keep <> k.value::interval
union all
select '', '', '', s.name, s.value::text, %(max_note)s::text
from motjuste.setting as s
where s.name = 'max_note' and s.value <> %(max_note)s::bigint
order by 1, 2, 3, 4
