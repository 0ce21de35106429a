-- Three notes to look at, before and after: a cause that becomes its effect, twice, and a number.
analyze motjuste.finding;
create temporary table sample as
(
    select 1 as n, 'crm.interaction.compte_rendu' as place, i.id || ', ' || i.jour as key, i.compte_rendu as before
    from crm.interaction as i
    join motjuste.finding as f
        on f.relation = 'crm.interaction'
        and f.row_key = jsonb_build_object('id', i.id, 'jour', i.jour)
    where f.category = 'sante' and f.status = 'open' and i.compte_rendu ilike '%hospitalisation%'
    order by length(i.compte_rendu) between 90 and 200 desc, i.id
    limit 1
)
union all
(
    select 2, 'crm.contrat.observations', c.client_id || ', ' || c.numero, c.observations
    from crm.contrat as c
    join motjuste.finding as f
        on f.relation = 'crm.contrat'
        and f.row_key = jsonb_build_object('client_id', c.client_id, 'numero', c.numero)
    where f.category = 'vie_privee' and f.status = 'open' and c.observations ilike '%pension%'
    order by length(c.observations) between 90 and 200 desc, c.client_id
    limit 1
)
union all
(
    select 3, 'support.ticket.note_interne', t.id::text, t.note_interne
    from support.ticket as t
    join motjuste.finding as f on f.relation = 'support.ticket' and f.row_key = jsonb_build_object('id', t.id)
    where f.category = 'identifiant' and f.status = 'open'
    order by length(t.note_interne) between 60 and 200 desc, t.id
    limit 1
)
