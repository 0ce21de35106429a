-- The note with its edits made, the last first so that positions hold.
create or replace function pg_temp.motjuste_edited(note text, edits jsonb)
    returns text
    language plpgsql
    immutable
    strict
as $$
declare
    e jsonb;
begin
    for i in reverse jsonb_array_length(edits) - 1 .. 0 loop
        e := edits -> i;
        note := overlay(note placing e ->> 2 from (e ->> 0)::int + 1 for (e ->> 1)::int);
    end loop;
    return note;
end
$$;
-- `note_digest` is that of the reviewed note, by which its findings are known.
create temp table if not exists motjuste_result (
    part int not null, edit int not null, place text not null, row_key jsonb not null, note_digest bytea not null, outcome text not null
) on commit delete rows;
create temp table if not exists motjuste_place (
    part int not null, known boolean not null, others boolean not null, relation text not null, column_name text not null, json_key text not null, reason text not null,
    copied boolean not null, triggers boolean not null
);
create temp table if not exists motjuste_finding (
    id bigint, status text, rule_id text, note_digest bytea, start int, length int, part int, edit int, edits jsonb
);
truncate pg_temp.motjuste_result, pg_temp.motjuste_place, pg_temp.motjuste_finding;
