-- What was found again under the new key gives way to what may have been decided.
delete from motjuste.finding as g
using motjuste.finding as f, motjuste.rekey as r
where r.old_digest = f.note_digest and g.id <> f.id
    and (g.relation, g.column_name, g.json_key, g.row_key, g.note_digest, g.rule_id, g.start)
        = (f.relation, f.column_name, f.json_key, f.row_key, r.new_digest, f.rule_id, f.start)
