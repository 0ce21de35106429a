"""The review: one note a screen, with a choice for each finding and one answer for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import date, timedelta
from typing import Any, get_args

from flask import Flask, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from motjuste.db import deciding, findings, reading, reviewing
from motjuste.db.connection import Connection
from motjuste.db.reviewing import START, Filters, Read
from motjuste.migration.shape import label
from motjuste.model import Certainty, Decision, Finding
from motjuste.notes.digest import note_digest
from motjuste.review import reply as replying
from motjuste.review.note import Decided, Note, decision, span
from motjuste.review.reply import CHOICES, Choice, Refusal, Reply
from motjuste.review.words import words
from motjuste.web import marking
from motjuste.web.app import Desk, page

CERTAINTIES = (*get_args(Certainty), "unrated")
KEPT = (91, 182, 365)  # days until which a note may be tolerated, as the page proposes them


def add(app: Flask, desk: Desk) -> None:
    """Add the pages of the review."""

    @app.get("/")
    def home() -> Response:
        return redirect(url_for("review"), 303)

    @app.get("/revue")
    def review() -> Response | str:
        asked = filters()
        with desk.session() as conn:
            who = desk.who(conn)
            queue = desk.queues.of(conn, asked, desk.config.team)
            number = reviewing.turn(conn, who, queue, asked)
            if number is not None:
                return redirect(address("note", asked, number=number), 303)
            return _end(desk, conn, who, asked)

    @app.get("/revue/fin")
    def end() -> str:
        with desk.session() as conn:
            return _end(desk, conn, desk.who(conn), filters())

    @app.get("/revue/filtres")
    def choose() -> str:
        asked = filters()
        with desk.session() as conn:
            counts = reviewing.facets(conn, asked, desk.config.team)
        return page(
            "filters.html", filters=asked.given(), counts=counts, categories=_labels(desk), told=request.args
        )

    @app.get("/revue/<int:number>")
    def note(number: int) -> str:
        with desk.session() as conn:
            return _shown(desk, conn, number, filters())

    @app.post("/revue/<int:number>")
    def answer(number: int) -> Response | tuple[str, int]:
        asked = filters()
        with desk.session() as conn:
            who = desk.who(conn)
            found = _read(desk, conn, number)
            if request.form.get("action") == "skip" or found.note is None:
                return _onwards(desk, conn, who, asked, found.findings)
            given = reply(found.note)
            refused = _kept(desk, conn, who, found.note, given)
            if refused:
                return _shown(desk, conn, number, asked, given, refused), 409
            return _onwards(desk, conn, who, asked, found.findings)

    @app.post("/revue/<int:number>/proposition")
    def propose(number: int) -> str:
        """The proposal and what it changes, made again for the choices as they stand."""
        found, who = _read_for(desk, number)
        if found.note is None:
            return page("gone.html", read=found)
        given = reply(found.note)
        mine = replying.free(found.note, who)
        text = replying.proposal(found.note, mine, given, desk.writer)
        refused = None
        shown = replying.mark(text)
        if replying.is_own(given) and given.text is not None:
            refused, text = replying.problems(found.note, mine, given, desk.writer), given.text
        return page(
            "proposal.html",
            **_proposed(found.note, text) | {"proposed": shown, "answers": _answers(mine, given)},
            refused=refused,
            number=number,
        )

    @app.post("/revue/<int:number>/essai")
    def trial(number: int) -> str:
        """The problems of the text that is being typed."""
        found, who = _read_for(desk, number)
        if found.note is None:
            return page("gone.html", read=found)
        given = reply(found.note)
        mine = replying.free(found.note, who)
        text = given.text if given.text is not None else found.note.text
        refused = replying.problems(found.note, mine, given, desk.writer) if replying.is_own(given) else None
        return page("changes.html", **_proposed(found.note, text), refused=refused)

    @app.post("/revue/annuler")
    def undo() -> Response | tuple[str, int]:
        asked = filters()
        with desk.session() as conn:
            who = desk.who(conn)
            ids = reviewing.last(conn, who)
            if not ids:
                return page("error.html", code="nothing", detail="", hint=""), 409
            key = reading.secret(conn)
            given = []
            first = None
            for found in reviewing.read(conn, key, desk.matcher, ids):
                if found.note is None:
                    continue
                first = first or found.findings[0].id
                own = [f for f in found.findings if f.id in ids]
                replying.reopen(found.note, own, desk.writer)
                given.append(decided(desk, key, found.note, _author(found.decided, who)))
            kept = deciding.keep(conn, given)
            desk.reopened()
            if first is None or any(k.refused for k in kept):
                return page("error.html", code="nothing", detail="", hint=""), 409
            return redirect(address("note", asked, number=first), 303)

    @app.get("/revue/regle/<rule>")
    def card(rule: str) -> str:
        known = next((r for r in desk.pack.rules if r.id == rule), None)
        if known is None:
            raise NotFound
        with desk.session() as conn:
            told = {row[0]: row for row in findings.statistics(conn)}
        counts = told.get(rule)
        judged = sum(counts[5:9]) if counts else 0
        return page(
            "rule.html",
            rule=known,
            category=desk.pack.categories[known.category],
            judged=judged,
            dismissed=counts[8] if counts else 0,
            query=filters().given(),
        )


def filters(given: Mapping[str, str] | None = None) -> Filters:
    """The filters of an address."""
    given = request.args if given is None else given
    found: dict[str, Any] = {f.name: given.get(f.name, "")[:500] for f in fields(Filters)}
    if found["certainty"] not in CERTAINTIES:
        found["certainty"] = ""
    days = found["days"]
    return Filters(**found | {"days": min(int(days), 36500) if days.isdecimal() else 0})


def address(endpoint: str, asked: Filters, **values: Any) -> str:
    """The address of a page under these filters."""
    values |= asked.given()
    return url_for(endpoint, **values)


def reply(note: Note) -> Reply:
    """The answer in the form of the note's page."""
    form = request.form
    choices: dict[int, Choice] = {
        f.id: chosen for f in note.findings if (chosen := form.get(f"choice-{f.id}", "")) in CHOICES
    }
    action = form.get("action", "accept")
    kind = "tolerate" if action == "tolerate" or "tolerate" in choices.values() else "dismiss"
    reason = form.get(f"{kind}-words", "").strip() or form.get(f"{kind}-reason", "")
    until = None
    with suppress(ValueError):
        until = date.fromisoformat(form.get("until", ""))
    text = form.get("text")
    return Reply(
        action if action in replying.ACTIONS else "accept",
        choices,
        None if text is None else replying.own_text(text, note.text),
        form.get("proposed", ""),
        reason.strip()[:500],
        until,
    )


def _read(desk: Desk, conn: Connection, number: int) -> Read:
    return next(reviewing.read(conn, reading.secret(conn), desk.matcher, [number]))


def _read_for(desk: Desk, number: int) -> tuple[Read, str]:
    """(the note of a finding, who asks for it)."""
    with desk.session() as conn:
        return _read(desk, conn, number), desk.who(conn)


def decided(desk: Desk, key: bytes, note: Note, who: str) -> Decided:
    """What was decided of a note, as it is kept."""
    made = decision(note, who, lambda text: note_digest(key, text).hex(), desk.writer.values)
    return Decided(made, note.given(), note.seen)


def _author(before: Decision | None, who: str) -> str:
    return before.reviewer if before and before.reviewer else who


def _kept(desk: Desk, conn: Connection, who: str, note: Note, given: Reply) -> Refusal | deciding.Kept | None:
    """Store the answer to a note. Returns why it is refused, if it is. The form says what the reviewer saw."""
    mine = replying.free(note, who)
    for f in note.findings:
        note.known[f.id] = request.form.get(f"known-{f.id}", "gone")
    seen = request.form.get("seen", "")
    note.seen = int(seen) if seen.isdecimal() else None
    if len(note.findings) != request.form.get("findings", type=int):
        return deciding.Kept(0, None, "open", "")
    if refused := replying.take(note, mine, given, desk.writer):
        return refused
    key = reading.secret(conn)
    [kept] = deciding.keep(conn, [decided(desk, key, note, who)])
    if kept.refused:
        return kept
    desk.settled(conn, [f.id for f in mine if span(f) in note.verdicts])
    if any(span(f) not in note.verdicts and f.status != "open" for f in mine):
        desk.reopened()
    for f in mine:
        verdict = note.verdicts.get(span(f))
        if verdict and verdict.reason:
            desk.remember(verdict.action, f.rule, verdict.reason)
    return None


def _onwards(desk: Desk, conn: Connection, who: str, asked: Filters, seen: tuple[Finding, ...]) -> Response:
    """On to the next note."""
    after = reviewing.place(seen) if seen else START
    queue = desk.queues.of(conn, asked, desk.config.team)
    number = reviewing.turn(conn, who, queue, asked, after, [f.id for f in seen])
    if number is None:
        return redirect(address("end" if queue.open else "review", asked), 303)
    return redirect(address("note", asked, number=number), 303)


def _end(desk: Desk, conn: Connection, who: str, asked: Filters) -> str:
    told = desk.progress(conn, asked)
    return page("end.html", query=asked.given(), progress=told, others=_others(conn, who))


def _others(conn: Connection, who: str) -> list[tuple[str, int]]:
    """How many notes are reserved for each other reviewer."""
    return [
        (name, int(count))
        for name, count in conn.execute(
            "select reviewer, count(*) from motjuste.reservation where until > now() and reviewer <> %s group by 1 order by 1",
            [who],
        )
    ]


def _labels(desk: Desk) -> dict[str, str]:
    return {c.code: c.label for c in desk.matcher.pack.categories.values()}


def _shown(
    desk: Desk,
    conn: Connection,
    number: int,
    asked: Filters,
    given: Reply | None = None,
    refused: Refusal | deciding.Kept | None = None,
) -> str:
    """The page of a note; after a refusal with the answer as it was given."""
    who = desk.who(conn)
    found = _read(desk, conn, number)
    told = desk.progress(conn, asked)
    common = {"query": asked.given(), "progress": told, "number": number}
    if found.note is None:
        return page("unreadable.html", read=found, **common)
    note = found.note
    overtaken = isinstance(refused, deciding.Kept)
    if given is None or overtaken:
        given = Reply(choices={f.id: _standing(note, f) for f in note.findings})
    return page(
        "note.html",
        **note_page(desk, note, who, given),
        refused=None if overtaken else refused,
        overtaken=refused if overtaken else None,
        **common,
    )


def _standing(note: Note, f: Finding) -> Choice:
    verdict = note.verdicts.get(span(f))
    if verdict is None or verdict.action == "erase":
        return "accept"
    return verdict.action


def note_page(desk: Desk, note: Note, who: str, given: Reply, *, blind: bool = False) -> dict[str, Any]:
    """What the page of a note shows."""
    mine = list(note.findings) if blind else replying.free(note, who)
    rules = desk.matcher.rules
    spoken = words(desk.matcher.pack.language)
    text = replying.proposal(note, mine, given, desk.writer)
    shown = replying.mark(text)
    if given.text is not None and replying.is_own(given):
        text = given.text
    elif not blind and note.earlier and note.result != note.text and given.text is None:
        text = note.result  # in the words of who decided before, maybe
    first = note.findings[0].rule
    return {
        "note": note,
        "where": label(*note.id[:3]),
        "row": note.id[3],
        "pieces_of_note": marking.marked(note.text, [(f.start, f.length) for f in note.findings]),
        "items": [
            {
                "finding": f,
                "number": i,
                "words": marking.visible(note.words(f)),
                "rule": rules[f.rule],
                "category": desk.matcher.pack.categories[f.category],
                "choice": given.choices.get(f.id, "accept"),
                "free": f in mine,
            }
            for i, f in enumerate(note.findings, 1)
        ],
        "reasons": {
            action: list(
                dict.fromkeys(
                    reason
                    for reason in (
                        desk.last_reason(action, first),
                        *spoken.reasons(action, note.findings[0].category),
                    )
                    if reason
                )
            )
            for action in ("dismiss", "tolerate")
        },
        "chosen_dismiss": given.reason or desk.last_reason("dismiss", first),
        "chosen_tolerate": given.reason or desk.last_reason("tolerate", first),
        "asked_action": "tolerate" if "tolerate" in (given.action, *given.choices.values()) else "dismiss",
        "typed": given.reason,
        "lots": not blind,
        "tomorrow": date.today() + timedelta(1),
        "days": [date.today() + timedelta(days) for days in KEPT],
        "until": given.until,
        **_proposed(note, text) | {"proposed": shown, "answers": _answers(mine, given)},
    }


def _answers(findings: Sequence[Finding], given: Reply) -> str:
    """The choices that a proposal was made for; the page compares them with those that it shows."""
    return ",".join(f"{f.id}:{given.choices.get(f.id, 'accept')}" for f in findings)


def _proposed(note: Note, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "proposed": replying.mark(text),
        "changes": marking.compared(note.text, text),
        "limit": note.limit,
        "fixed": note.fixed,
    }


def numbers(given: str) -> Iterator[int]:
    """The numbers in a list that a form sends."""
    return (int(part) for part in given.split(",") if part.isdecimal())
