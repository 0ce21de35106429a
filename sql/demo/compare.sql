-- The notes of the sample with what they have become.
select
    s.place,
    s.key,
    s.before,
    coalesce(c.commentaire, k.observations, t.note_interne, '') as after
from sample as s
left join crm.client as c on s.n = 1 and c.id::text = s.key
left join crm.contrat as k on s.n = 2 and k.client_id || ', ' || k.numero = s.key
left join support.ticket as t on s.n = 3 and t.id::text = s.key
order by s.n
