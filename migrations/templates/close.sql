drop table pg_temp.motjuste_edit, pg_temp.motjuste_finding, pg_temp.motjuste_place, pg_temp.motjuste_result, pg_temp.motjuste_key;
