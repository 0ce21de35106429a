"""Rules about a change that weakens the watching: its mode, its triggers, its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

from motjuste.discovery import CLEAR
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.coverage import RANK, watch_label
from motjuste.schema_check.rules.context import Before, Context, Found, attach_line
from motjuste.schema_check.session import Event

_OURS = re.compile(r"^(?:zz_)?motjuste_")


def weakened_mode(context: Context) -> Iterator[Found]:
    """The mode of a watched column was weakened.

    From block to warn or flag, or from warn to flag: what was refused is stored again. It may be right; it is not a
    thing to happen unseen in a migration. An ignore comment with its reason says that it was meant.

    A change of the policy's `schemas` or [check] after which the check may see less is told as a warning.

    Bad:    select motjuste.attach('crm.client', 'commentaire', 'flag');  where it was 'block'
    Better: leave the mode; or write -- motjuste-ignore weakened-mode: the reason
    """
    last: dict[int, str] = {}
    policy = {watch_label(w): context.config.mode_of(w) for w in context.config.watches}
    for event in context.session.events:
        if event.kind == "detach":
            last.pop(id(event.target), None)
        elif event.kind == "attach":
            seen = context.of_made.get(id(event.target))
            label, mode = seen.label if seen else f"{event.relation}.{event.column}", event.detail
            earlier = last.get(id(event.target), "")
            if _weaker(mode, earlier):
                yield _weakened(event.place, label, mode, earlier, "an earlier migration says", event.last)
            elif _weaker(mode, policy.get(label, "")):
                yield _weakened(
                    event.place, label, mode, policy[label], f"{context.policy_name} says", event.last
                )
            last[id(event.target)] = mode
    if context.before is not None:
        old = context.before.config
        modes = {watch_label(w): old.mode_of(w) for w in old.watches}
        for index, watch in enumerate(context.config.watches):
            label, mode = watch_label(watch), context.config.mode_of(watch)
            if _weaker(mode, modes.get(label, "")):
                place = context.policy_place("watch", index)
                yield _weakened(place, label, mode, modes[label], "before this change it was")
        yield from _sees_less(context, context.before)


def _sees_less(context: Context, before: Before) -> Iterator[Found]:
    old, now = before.config, before.now
    said = [f"exclude leaves out {p!r}" for p in now.check.exclude if p not in old.check.exclude]
    least = old.check.min_score or CLEAR
    if (now.check.min_score or 0) > least:
        said.append(f"min_score is {now.check.min_score}, it was {least}")
    if now.check.tool != old.check.tool:
        said.append(f"tool is {now.check.tool or 'auto'!r}, it was {old.check.tool or 'auto'!r}")
    if now.schemas and not (old.schemas and {*old.schemas} <= {*now.schemas}):
        said.append(f"schemas are {', '.join(now.schemas)} only")
    for what in said:
        place = context.policy_place("check", 0)
        help_ = "look at what is not judged any more: this is no error"
        yield Found(place, f"the check may see less: {what}", help_, what, "warning")


def _weaker(mode: str, before: str) -> bool:
    return RANK.get(mode, 0) < RANK.get(before, 0)


def _weakened(place: Place, label: str, mode: str, old: str, whose: str, last: int = 0) -> Found:
    help_ = f"write '{old}', or above the line: -- motjuste-ignore weakened-mode: <reason>"
    return Found(place, f"{label} is set to {mode}; {whose} {old}", help_, label, last=last)


def trigger_removed(context: Context) -> Iterator[Found]:
    """A trigger of a watched column is dropped or disabled, or the schema motjuste is.

    DROP TRIGGER, DISABLE TRIGGER, motjuste.detach of what the policy still watches, DROP of anything of motjuste's,
    session_replication_role = replica: from there on notes are written unchecked.

    Bad:    alter table crm.client disable trigger all;  and no ENABLE after it
    Better: enable it again in the same migration; for a bulk load set local motjuste.bypass = 'reason', which is logged.
    """
    events = context.session.events
    for index, event in enumerate(events):
        what = help_ = ""
        after = events[index + 1 :]
        if event.kind == "drop-trigger" and _OURS.match(event.detail):
            if not any(e.kind == "attach" and e.relation == event.relation for e in after):
                what = f"drops the trigger {event.detail} of {event.relation}"
                help_ = "to stop watching: select motjuste.detach(...)"
        elif event.kind == "switch" and event.detail[0] in "DR":
            covered = any(context.relation(s) is event.target for s in context.watched)
            ours = (event.detail[2:] == "*" and covered) or _OURS.match(event.detail[2:])
            if ours and not _switched_on(event, after):
                verb = "disables" if event.detail[0] == "D" else "leaves to replicas"
                what = f"{verb} the triggers that watch {event.relation}"
                help_ = f"alter table {event.relation} enable trigger all;"
        elif event.kind == "drop-ours":
            what, help_ = event.detail, "motjuste uninstall removes it, and leaves no half of it behind"
        elif event.kind == "replica" and event.detail == "replica":
            later = [e for e in after if e.kind == "replica" and e.place.file == event.place.file]
            if all(e.detail == "replica" for e in later):
                what = "session_replication_role = replica: no trigger fires for the rest of this session"
                help_ = "set session_replication_role = default; at the end, or set local motjuste.bypass = 'reason'"
        elif event.kind == "detach":
            seen = context.of_made.get(id(event.target))
            again = any(e.kind == "attach" and e.target is event.target for e in after)
            if seen is not None and not again and seen.label in context.coverage.watched:
                what = f"detaches {seen.label}, which {context.policy_name} watches"
                watched = attach_line(seen, context.coverage.watched[seen.label])
                help_ = f"take it out of {context.policy_name} too, or: {watched}"
        if what:
            yield Found(event.place, what, help_, event.relation, last=event.last)
    if context.before is not None:
        yield from _policy_dropped(context, context.before)


def _policy_dropped(context: Context, before: Before) -> Iterator[Found]:
    """Watches that the change takes out of the policy, of columns that stay and are not comment-like by score."""
    now = set(context.coverage.watched)
    for watch in before.config.watches:
        label = watch_label(watch)
        seen = context.by_label.get(label)
        if seen is None or label in now or context.coverage.covers(seen) or seen in context.uncovered:
            continue
        said = f"{label} was watched before this change and no longer is"
        help_ = f"put it back: {attach_line(seen, before.config.mode_of(watch))}"
        yield Found(Place(context.policy_name, 1), said, help_, label)


def _switched_on(event: Event, after: list[Event]) -> bool:
    later = [e for e in after if e.kind == "switch" and e.target is event.target and e.detail[0] in "OA"]
    return any(e.detail[2:] in ("*", event.detail[2:]) for e in later)
