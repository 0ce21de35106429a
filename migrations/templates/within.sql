-- The same notes wherever they stand in a copy's documents: beneath "before" in an audit trail, in a list of what changed.
create or replace function pg_temp.motjuste_within(document jsonb)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    clean text;
begin
    case jsonb_typeof(document)
        when 'object' then
            return (
                select coalesce(jsonb_object_agg(x.key, pg_temp.motjuste_within(x.value)), '{}')
                from jsonb_each(document) as x
            );
        when 'array' then
            return (
                select coalesce(jsonb_agg(pg_temp.motjuste_within(x.value) order by x.i), '[]')
                from jsonb_array_elements(document) with ordinality as x (value, i)
            );
        when 'string' then
            select case
                when e.edits is null then overlay(n.note placing e.words from e.first for e.length)
                else pg_temp.motjuste_edited(n.note, e.edits)
            end
            into clean
            from (select document #>> '{}' as note) as n
            cross join pg_temp.motjuste_key as k
            join pg_temp.motjuste_edit as e
                on e.before = sha256(k.outer_pad || sha256(k.inner_pad || convert_to(n.note, 'UTF8')))
            limit 1;
            return coalesce(to_jsonb(clean), document);
        else
            return document;
    end case;
end
$$;
with done as (
    update @relation@ as t
    set @column@ = pg_temp.motjuste_within(t.@column@::jsonb)@as_kind@
    where exists (
        select
        from jsonb_path_query(t.@column@::jsonb, 'strict $.**') as v (value)
        cross join pg_temp.motjuste_key as k
        where jsonb_typeof(v.value) = 'string' and @inner_digest@ in (select e.before from pg_temp.motjuste_edit as e)
    )
        -- deeper ones would end all by the limit of the stack: that they hold the note still is told
        and not jsonb_path_exists(t.@column@::jsonb, 'strict $.**{200}')
        and (select set_config('search_path', current_setting('motjuste.search_path'), true)) is not null
    returning t.@column@
)
insert into pg_temp.motjuste_result (part, edit, place, row_key, note_digest, outcome)
select @part@, 0, @whole_place@, '{}', '', 'redacted' from done;
set local search_path = pg_catalog, pg_temp;
