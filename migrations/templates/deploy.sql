@header@
-- No content: positions, keyed digests and neutral replacement words only.
-- A note that changed since its review is left alone and named by its key; running this twice changes nothing.
-- Run it with `motjuste migrate apply`, or with psql -f. Then run verify.sql.
\set ON_ERROR_STOP on
set client_encoding = 'UTF8';
begin;
set local lock_timeout = '5s';
set local statement_timeout = '15min';
set local standard_conforming_strings = on;
-- keys are written as the triggers and the scan write them
set local timezone = 'UTC';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
-- an error rather than rows left out in silence
set local row_security = off;

@key@
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
    for e in select x.edit from jsonb_array_elements(edits) as x (edit) order by (x.edit ->> 0)::int desc loop
        note := overlay(note placing e ->> 2 from (e ->> 0)::int + 1 for (e ->> 1)::int);
    end loop;
    return note;
end
$$;
create temp table motjuste_result (
    part int not null,
    edit int not null,
    relation text not null,
    place text not null,
    row_key jsonb not null,
    outcome text not null
) on commit drop;
create temp table motjuste_place (relation text not null) on commit drop;
insert into pg_temp.motjuste_place values @finding_relations@;
-- What is known of these notes, before the triggers look at their correction; nothing where motjuste is not installed.
create temp table motjuste_finding (
    id bigint, relation text, column_name text, json_key text, row_key jsonb, note_digest bytea,
    rule_id text, start int, length int, status text
) on commit drop;
create temp table motjuste_closing (
    id bigint, status text, rule_id text, note_digest bytea, start int, length int, edits jsonb
) on commit drop;
do $$
begin
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'finding'
    ) then
        insert into pg_temp.motjuste_finding
        select f.id, f.relation, f.column_name, f.json_key, f.row_key, f.note_digest, f.rule_id, f.start, f.length, f.status
        from motjuste.finding as f
        where f.relation in (select p.relation from pg_temp.motjuste_place as p)
            and f.status in ('accepted', 'open', 'dismissed', 'tolerated');
    end if;
end
$$;
analyze pg_temp.motjuste_finding;
-- Where motjuste is installed its triggers let the redaction pass, for the roles listed in motjuste.bypass_role, and log it.
select set_config('motjuste.bypass', @reason@, true);

--{ each column
-- @title@
create temp table motjuste_edit_@part@ on commit drop as
    select @key_select@null::int as edit, null::bytea as digest_before, null::bytea as digest_after, null::jsonb as edits
    from @relation@ as t
    with no data;
@inserts@
analyze pg_temp.motjuste_edit_@part@;
with done as (
    update @relation@ as t
    set @column@ = @new_note@
    from pg_temp.motjuste_edit_@part@ as e
    where @same_row@
        and pg_temp.motjuste_digest(@note@) = e.digest_before
    returning e.edit, @row_key@ as row_key
)
insert into pg_temp.motjuste_result
select @part@, d.edit, @relation_text@, @place@, d.row_key, 'redacted'
from done as d;
analyze pg_temp.motjuste_result;
insert into pg_temp.motjuste_result
select distinct
    @part@, e.edit, @relation_text@, @place@, @row_key@,
    case
        when l.found is null then @missing@
        when @live_digest@ = e.digest_after then 'already clean'
        when @live_digest@ = e.digest_before then 'not updated'
        else 'changed since review'
    end
from pg_temp.motjuste_edit_@part@ as e
left join (select @live@, true as found from @relation@ as t) as l on @row_after@
where not exists (select from pg_temp.motjuste_result as r where r.part = @part@ and r.edit = e.edit);
insert into pg_temp.motjuste_closing
select distinct f.id, f.status, f.rule_id, e.digest_after, f.start, f.length, e.edits
from pg_temp.motjuste_edit_@part@ as e
join pg_temp.motjuste_result as r on r.part = @part@ and r.edit = e.edit and r.outcome = 'redacted'
join pg_temp.motjuste_finding as f on f.note_digest = e.digest_before and @same_finding@
where f.relation = @finding_relation@ and f.column_name = @column_text@ and f.json_key = @json_key@;
--} each column
-- Of the findings of a redacted note, the accepted ones are closed; the others follow it to its new digest and place,
-- so that what was dismissed is not asked again.
do $$
begin
    if exists (select from pg_temp.motjuste_closing) then
        update motjuste.finding as f
        set status = 'redacted', closed_at = now()
        from pg_temp.motjuste_closing as d
        where f.id = d.id and d.status = 'accepted';
        delete from pg_temp.motjuste_closing as d
        where d.status = 'accepted'
            or exists (
                select
                from jsonb_array_elements(d.edits) as x (edit)
                where (x.edit ->> 0)::int < d.start + d.length and (x.edit ->> 0)::int + (x.edit ->> 1)::int > d.start
            );
        update pg_temp.motjuste_closing as d
        set start = d.start + (
            select coalesce(sum(length(x.edit ->> 2) - (x.edit ->> 1)::int), 0)
            from jsonb_array_elements(d.edits) as x (edit)
            where (x.edit ->> 0)::int + (x.edit ->> 1)::int <= d.start
        );
        -- a trigger that was not bypassed has found them again in the new note
        delete from motjuste.finding as g
        using pg_temp.motjuste_closing as d, motjuste.finding as f
        where f.id = d.id and g.id <> f.id and g.status = 'open'
            and (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, f.row_key)
            and (g.note_digest, g.rule_id, g.start) = (d.note_digest, d.rule_id, d.start);
        update motjuste.finding as f
        set note_digest = d.note_digest, start = d.start, status = d.status,
            closed_at = case when d.status <> 'dismissed' then null else f.closed_at end
        from pg_temp.motjuste_closing as d
        where f.id = d.id
            and not exists (
                select
                from motjuste.finding as g
                where (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, f.row_key)
                    and (g.note_digest, g.rule_id, g.start) = (d.note_digest, d.rule_id, d.start)
            );
    end if;
end
$$;

do $$
declare
    r record;
begin
    for r in
        select x.place, x.row_key, x.outcome
        from pg_temp.motjuste_result as x
        where x.outcome <> 'redacted'
        order by x.part, x.edit
    loop
        raise notice '% %: %', r.place, r.row_key, r.outcome;
    end loop;
    for r in
        select x.place, x.outcome, count(*) as rows
        from pg_temp.motjuste_result as x
        group by x.place, x.outcome
        order by x.place, x.outcome
    loop
        raise notice '%: % %', r.place, r.rows, r.outcome;
        if r.outcome = 'not updated' then
            raise exception '%: % row(s) kept their note: a trigger or a rule of the table undoes the update', r.place, r.rows
                using hint = 'nothing was changed; look at the BEFORE UPDATE triggers and the rules of the table';
        end if;
    end loop;
end
$$;
commit;
