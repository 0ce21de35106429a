-- How several persons review at the same time: each has notes of his own before him, and a second one reads without knowing the first answer.

-- reserve(findings, reviewer, minutes): those of these findings that nobody else has before him; they are this reviewer's for so long.
create or replace function motjuste.reserve(findings bigint[], reviewer text, minutes int)
    returns setof bigint
    language sql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    delete from motjuste.reservation as r where r.until < now();
    insert into motjuste.reservation as r (finding_id, reviewer, until)
    select distinct x.id, reserve.reviewer, now() + make_interval(mins => least(greatest(reserve.minutes, 1), 60))
    from unnest(reserve.findings) as x (id)
    order by x.id
    on conflict (finding_id) do update set reviewer = excluded.reviewer, until = excluded.until
    where r.reviewer = excluded.reviewer or r.until < now()
    returning r.finding_id
$$;

-- differ(decision, opinion): keeps what a second reader, {reader, verdicts, edits, digest_after}, would have decided instead. Returns '' where it
-- is kept, else why not: gone (the decision is another one by now, or confirmed), own (it is the reader's), there (somebody differed before).
create or replace function motjuste.differ(decision bigint, opinion jsonb)
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    d record;
begin
    select x.id, x.reviewer, x.second_reader into d from motjuste.decision as x where x.id = differ.decision for update;
    if d.id is null or d.second_reader is not null then
        return 'gone';
    elsif d.reviewer = differ.opinion ->> 'reader' then
        return 'own';
    end if;
    if not (
        motjuste.are_edits(differ.opinion -> 'edits') and motjuste.are_verdicts(differ.opinion -> 'verdicts')
        and (differ.opinion -> 'edits' = '[]' or coalesce(differ.opinion ->> 'digest_after', '') ~ '^[0-9a-f]{64}$')
    ) then
        raise exception 'motjuste: this is no opinion as a second reading writes it'
            using errcode = '22023', hint = 'read by motjuste review --second-reader, or motjuste serve';
    end if;
    insert into motjuste.second_opinion as o (decision_id, verdicts, edits, digest_after, reader, role)
    values (
        d.id, differ.opinion -> 'verdicts', differ.opinion -> 'edits', decode(nullif(differ.opinion ->> 'digest_after', ''), 'hex'),
        differ.opinion ->> 'reader', coalesce(nullif(current_setting('role'), 'none'), session_user)
    )
    on conflict (decision_id) do nothing;
    return case when found then '' else 'there' end;
end
$$;
