-- The notes of a sample, without their text.
copy motjuste.sample_note (sample_id, number, relation, column_name, json_key, row_key, note_digest, stratum, written_on) from stdin
