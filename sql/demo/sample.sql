-- Three notes to look at, before and after. A temporary table keeps them for the session.
create temporary table sample as
(
    select 1 as n, 'crm.client.commentaire' as place, c.id::text as key, c.commentaire as before
    from crm.client as c
    join motjuste.finding as f on f.relation = 'crm.client' and f.row_key = jsonb_build_object('id', c.id)
    where f.category = 'sante' and f.status = 'open' and length(c.commentaire) between 90 and 200
    order by c.id
    limit 1
)
union all
(
    select 2, 'crm.contrat.observations', c.client_id || ', ' || c.numero, c.observations
    from crm.contrat as c
    join motjuste.finding as f
        on f.relation = 'crm.contrat'
        and f.row_key = jsonb_build_object('client_id', c.client_id, 'numero', c.numero)
    where f.category = 'vie_privee' and f.status = 'open' and length(c.observations) between 90 and 200
    order by c.client_id, c.numero
    limit 1
)
union all
(
    select 3, 'support.ticket.note_interne', t.id::text, t.note_interne
    from support.ticket as t
    join motjuste.finding as f on f.relation = 'support.ticket' and f.row_key = jsonb_build_object('id', t.id)
    where f.category = 'identifiant' and f.status = 'open' and length(t.note_interne) between 60 and 200
    order by t.id
    limit 1
)
