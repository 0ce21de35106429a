-- The notes of the sample with what they have become.
select
    s.place,
    s.key,
    s.before,
    coalesce(i.compte_rendu, k.observations, t.note_interne, '') as after
from sample as s
left join crm.interaction as i on s.n = 1 and i.id || ', ' || i.jour = s.key
left join crm.contrat as k on s.n = 2 and k.client_id || ', ' || k.numero = s.key
left join support.ticket as t on s.n = 3 and t.id::text = s.key
order by s.n
