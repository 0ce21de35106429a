@inserts@
-- Where motjuste is installed its triggers let the redaction pass and log it: what the review left in a note must not have
-- them refuse the rest. Who may list roles in motjuste.bypass_role is listed for this transaction only.
-- What is known of these notes is read before the triggers look at their correction.
delete from pg_temp.motjuste_finding;
do $$
begin
    perform set_config('motjuste.bypass', p.reason, true) from pg_temp.motjuste_place as p;
    -- for what this file writes itself: what other triggers write meanwhile is checked
    perform set_config('motjuste.bypass_own', 'on', true);
    perform set_config('motjuste.listed', '', true);
    begin
        -- a row that breaks a constraint must not be quoted in the server's log; only some roles may see to it
        perform set_config('log_error_verbosity', 'terse', true);
    exception
        when insufficient_privilege then null;
    end;
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'bypass_role'
            and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'delete')
    ) then
        insert into motjuste.bypass_role (role) values (session_user) on conflict do nothing;
        if found then
            perform set_config('motjuste.listed', 'on', true);
        end if;
    end if;
    if (select p.others and p.copied from pg_temp.motjuste_place as p) then
        -- the rows are not known by their key: their findings are told by the digest
        insert into pg_temp.motjuste_finding
        select f.id, f.status, f.rule_id, e.after, f.start, f.length, p.part, e.edit,
            coalesce(e.edits, jsonb_build_array(jsonb_build_array(e.first - 1, e.length, e.words)))
        from pg_temp.motjuste_place as p
        join motjuste.finding as f
            on f.relation = p.relation and f.column_name = p.column_name and f.json_key = p.json_key
        join pg_temp.motjuste_edit as e on e.before = f.note_digest
        where f.status in ('accepted', 'open', 'dismissed', 'tolerated');
    elsif (select p.others from pg_temp.motjuste_place as p) then
        insert into pg_temp.motjuste_finding
        select f.id, f.status, f.rule_id, e.after, f.start, f.length, p.part, e.edit,
            coalesce(e.edits, jsonb_build_array(jsonb_build_array(e.first - 1, e.length, e.words)))
        from pg_temp.motjuste_edit as e
        cross join pg_temp.motjuste_place as p
        join motjuste.finding as f
            on f.relation = p.relation and f.column_name = p.column_name and f.json_key = p.json_key
            and f.row_key = e.row_key and f.note_digest = e.before
        where f.status in ('accepted', 'open', 'dismissed', 'tolerated');
    end if;
end
$$;
-- A note is changed while its digest is the reviewed one, and stays so where it became the text that was reviewed: else the
-- transaction is undone. A row trigger may write other words; where there is one, the edits are asked before it.
with done as (
    update @relation@ as t
    set @column@ = @new_note@
    from pg_temp.motjuste_edit as e
    cross join pg_temp.motjuste_key as k
    where @same_row@
        and @note_digest@ = e.before
        and case when (select p.triggers from pg_temp.motjuste_place as p) then @edited_digest@ = e.after else true end
        -- what stands here is understood by now: what is found from here on, the triggers find
        and (select set_config('search_path', current_setting('motjuste.search_path'), true)) is not null
    returning e.edit, e.row_key, e.before, @note_digest@ = e.after as exact
)
insert into pg_temp.motjuste_result
select
    @part@, d.edit, @place@, d.row_key, d.before,
    case
        when @exact@ then 'redacted'
        when (select p.triggers from pg_temp.motjuste_place as p) then 'redacted, but a trigger changed the words'
        else 'not as reviewed'
    end
from done as d@once@;
set local search_path = pg_catalog, pg_temp;
@leftovers@-- Of the findings of a redacted note, the accepted ones are closed; the others follow it to its new digest and place,
-- so that what was dismissed is not asked again.
do $$
begin
    if current_setting('motjuste.listed') = 'on' then
        delete from motjuste.bypass_role as b where b.role = session_user;
    end if;
    if (select p.known and not p.others from pg_temp.motjuste_place as p) then
        -- a trigger that was not bypassed has closed them as corrected in this very transaction
        update motjuste.finding as f
        set status = 'redacted', closed_at = now()
        from pg_temp.motjuste_place as p
        join pg_temp.motjuste_result as r on r.part = p.part and r.outcome like 'redacted%'
        where f.relation = p.relation and f.column_name = p.column_name and f.json_key = p.json_key
            and f.row_key = r.row_key and f.note_digest = r.note_digest
            and (f.status = 'accepted' or f.status = 'corrected' and f.closed_at = now());
    elsif exists (select from pg_temp.motjuste_finding) then
        update motjuste.finding as f
        set status = 'redacted', closed_at = now()
        from pg_temp.motjuste_finding as d
        join pg_temp.motjuste_result as r on (r.part, r.edit) = (d.part, d.edit) and r.outcome like 'redacted%'
        where f.id = d.id and d.status = 'accepted';
    end if;
    if exists (select from pg_temp.motjuste_finding as d where d.status <> 'accepted') then
        delete from pg_temp.motjuste_finding as d
        where not exists (
            select
            from pg_temp.motjuste_result as r
            where (r.part, r.edit) = (d.part, d.edit) and r.outcome like 'redacted%'
        );
        delete from pg_temp.motjuste_finding as d where d.status = 'accepted';
        -- what an edit took away with it, undecided or tolerated
        with gone as (
            delete from pg_temp.motjuste_finding as d
            where exists (
                select
                from jsonb_array_elements(d.edits) as x (edit)
                where (x.edit ->> 0)::int < d.start + d.length and (x.edit ->> 0)::int + (x.edit ->> 1)::int > d.start
            )
            returning d.id
        )
        update motjuste.finding as f
        set status = case f.status when 'dismissed' then f.status else 'corrected' end, closed_at = now()
        from gone
        where f.id = gone.id and f.status in ('open', 'tolerated', 'corrected', 'dismissed');
        update pg_temp.motjuste_finding as d
        set start = d.start + (
            select coalesce(sum(length(x.edit ->> 2) - (x.edit ->> 1)::int), 0)
            from jsonb_array_elements(d.edits) as x (edit)
            where (x.edit ->> 0)::int + (x.edit ->> 1)::int <= d.start
        );
        -- a trigger that was not bypassed has found them again in the new note
        delete from motjuste.finding as g
        using pg_temp.motjuste_finding as d, motjuste.finding as f
        where f.id = d.id and g.id <> f.id and g.status = 'open'
            and (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, f.row_key)
            and (g.note_digest, g.rule_id, g.start) = (d.note_digest, d.rule_id, d.start);
        update motjuste.finding as f
        set note_digest = d.note_digest, start = d.start, status = d.status, closed_at = null
        from pg_temp.motjuste_finding as d
        where f.id = d.id
            and not exists (
                select
                from motjuste.finding as g
                where (g.relation, g.column_name, g.json_key, g.row_key) = (f.relation, f.column_name, f.json_key, f.row_key)
                    and (g.note_digest, g.rule_id, g.start) = (d.note_digest, d.rule_id, d.start)
            );
    end if;
    -- what was decided of a whole note for its age or its person hangs on no finding
    if exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'motjuste' and c.relname = 'decision'
            and has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'delete')
    ) then
        delete from motjuste.decision as d
        using pg_temp.motjuste_place as p, pg_temp.motjuste_result as r
        where r.part = p.part and r.outcome <> 'not updated' and d.whole <> '[]'
            and (d.relation, d.column_name, d.json_key) = (p.relation, p.column_name, p.json_key)
            and d.note_digest = r.note_digest
            -- as texts: of a number with decimals the decision has the text
            and coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(d.row_key) as k), '{}')
                = coalesce((select jsonb_object_agg(k.key, k.value) from jsonb_each_text(r.row_key) as k), '{}');
    end if;
end
$$;
