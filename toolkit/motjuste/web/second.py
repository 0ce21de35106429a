"""The second reading: another person decides of a note without seeing the first answer; a dispute is settled later. Also the plan."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from motjuste.db import deciding, reading, reviewing
from motjuste.db.connection import Connection
from motjuste.db.reviewing import Dispute, Read
from motjuste.migration.shape import label
from motjuste.model import Decision
from motjuste.notes import editing
from motjuste.notes.digest import note_digest
from motjuste.review import reply as replying
from motjuste.review.note import Decided, Given, decision, span
from motjuste.review.reply import Reply
from motjuste.web import marking
from motjuste.web.app import Desk, page
from motjuste.web.turns import note_page, reply


def add(app: Flask, desk: Desk) -> None:
    """Add the pages of the second reading, and the plan."""

    @app.get("/relecture")
    def second() -> str | Response:
        after = request.args.get("apres", 0, type=int)
        with desk.session() as conn:
            who = desk.who(conn)
            waiting = reviewing.to_confirm(conn, who, after)
            if not waiting:
                left = len(reviewing.to_confirm(conn, who, 0, 1000))
                return page("second_end.html", left=left, disputes=len(reviewing.disputes(conn)))
        return redirect(url_for("read_again", number=waiting[0][0]), 303)

    @app.get("/relecture/<int:number>")
    def read_again(number: int) -> str | Response:
        with desk.session() as conn:
            return _again(desk, conn, number) or redirect(url_for("second", apres=number), 303)

    @app.post("/relecture/<int:number>")
    def answer_again(number: int) -> str | Response | tuple[str, int]:
        with desk.session() as conn:
            who = desk.who(conn)
            found = _waiting(desk, conn, number)
            onwards = redirect(url_for("second", apres=number), 303)
            if not found or not found.note or not found.decided or request.form.get("action") == "skip":
                return onwards
            note, first = found.note, found.decided
            given = reply(note)
            note.verdicts = {}
            if refused := replying.take(note, note.findings, given, desk.writer):
                return _again(desk, conn, number, given, refused) or "", 409
            key = reading.secret(conn)
            made = decision(note, who, lambda text: note_digest(key, text).hex(), desk.writer.values)
            if reviewing.same(first, made):
                [kept] = deciding.keep(conn, [Decided(replace(first, second_reader=who), (), number)])
                if kept.refused:
                    return page("error.html", code="nothing", detail="", hint=""), 409
            elif reviewing.differ(conn, number, made) == "own":
                return page("error.html", code="rights", detail="", hint=""), 403
            return onwards

    @app.get("/desaccords")
    def disputes() -> str:
        with desk.session() as conn:
            who = desk.who(conn)
            found = reviewing.disputes(conn)
            shown = [_dispute(desk, conn, who, d) for d in found[:1]]
            return page("disputes.html", shown=shown, count=len(found), refused="")

    @app.post("/desaccords/<int:number>")
    def settle(number: int) -> Response | tuple[str, int]:
        with desk.session() as conn:
            who = desk.who(conn)
            d = next((d for d in reviewing.disputes(conn) if d.decision == number), None)
            why = _settled(desk, conn, who, d, request.form.get("version", "")) if d else "gone"
            if why:
                shown = [_dispute(desk, conn, who, d)] if d else []
                return page(
                    "disputes.html", shown=shown, count=len(reviewing.disputes(conn)), refused=why
                ), 409
        return redirect(url_for("disputes"), 303)

    @app.get("/plan")
    def plan() -> str:
        with desk.session() as conn:
            columns = [(label(c.relation, c.column, c.json_key), c) for c in reviewing.to_come(conn)]
        return page("plan.html", columns=columns, sums=_sums([c for _, c in columns]))


def _sums(columns: list[reviewing.Column]) -> dict[str, int]:
    names = reviewing.Column._fields[3:]
    return {name: sum(getattr(c, name) for c in columns) for name in names}


def _waiting(desk: Desk, conn: Connection, number: int) -> Read | None:
    """The note of a decision that who asks may read as the second, None where there is none any more."""
    found = reviewing.to_confirm(conn, desk.who(conn), number - 1)
    if not found or found[0][0] != number or found[0][2] is None:
        return None
    read = next(reviewing.read(conn, reading.secret(conn), desk.matcher, [found[0][2]]))
    return read if read.decided else None


def _again(
    desk: Desk, conn: Connection, number: int, given: Reply | None = None, refused: object = None
) -> str | None:
    """The page of the second reading: the note as if nobody had decided of it."""
    found = _waiting(desk, conn, number)
    if found is None or found.note is None:
        return None
    who = desk.who(conn)
    note = found.note
    note.known = dict.fromkeys(note.known, "open")
    note.verdicts, note.earlier, note.result = {}, {}, note.text
    left = len(reviewing.to_confirm(conn, who, 0, 1000))
    shown = note_page(desk, note, who, given or Reply(), blind=True)
    return page(
        "second.html", **shown, decision=number, number=note.findings[0].id, left=left, refused=refused
    )


def _dispute(desk: Desk, conn: Connection, who: str, d: Dispute) -> dict[str, object]:
    read = None
    if d.finding is not None:
        read = next(reviewing.read(conn, reading.secret(conn), desk.matcher, [d.finding]))
    if read is None or read.note is None or read.decided is None:
        return {"dispute": d, "note": None, "versions": []}
    versions = []
    for name, made, may in (
        (d.reviewer, read.decided, who != d.reviewer),
        (d.reader, d.other(read.decided), who != d.reader),
    ):
        new = editing.apply(read.note.text, made.edits)
        versions.append(
            {
                "who": name,
                "may": may,
                "changes": marking.compared(read.note.text, new),
                "text": new,
                "verdicts": [
                    (marking.visible(read.note.words(v)), v.action, v.reason) for v in made.verdicts
                ],
            }
        )
    where = label(*read.note.id[:3])
    return {"dispute": d, "note": read.note, "versions": versions, "where": where, "row": read.note.id[3]}


def _settled(desk: Desk, conn: Connection, who: str, d: Dispute, version: str) -> str:
    """Settle a dispute by one of the two versions, or send the note back to the review; why not, '' where it is done."""
    read = None
    if d.finding is not None:
        read = next(reviewing.read(conn, reading.secret(conn), desk.matcher, [d.finding]))
    if read is None or read.decided is None or read.note is None:
        return "gone"
    first = read.decided
    statuses = {f.id: f.status for f in read.findings}
    if version == "back":
        without = replace(
            first,
            verdicts=tuple(v for v in first.verdicts if v.action in ("dismiss", "tolerate")),
            edits=(),
            digest_after="",
        )
        given = tuple(Given(i, status, None, True) for i, status in statuses.items() if status == "accepted")
        desk.reopened()
        return deciding.keep(conn, [Decided(without, given, d.decision)])[0].refused
    chosen = {"1": first, "2": d.other(first)}.get(version)
    if chosen is None:
        return "gone"
    if chosen.reviewer == who:
        return "own"
    seen: int | None = d.decision
    with conn.transaction():
        if version == "2":
            seen, why = _replaced(conn, read, chosen, d.decision)
            if why:
                return why
        if not chosen.edits:
            return ""
        [kept] = deciding.keep(conn, [Decided(replace(chosen, second_reader=who), (), seen)])
        if kept.refused:
            raise _Undone(kept.refused)
    return ""


class _Undone(Exception):
    """Raised to roll back what was begun."""


def _replaced(conn: Connection, read: Read, chosen: Decision, seen: int) -> tuple[int | None, str]:
    """Replace the first decision by the second reader's. Returns its number, and why it was refused."""
    by_place = {span(v): v for v in chosen.verdicts}
    given = tuple(Given(f.id, f.status, by_place.get(span(f)), True) for f in read.findings)
    [kept] = deciding.keep(conn, [Decided(chosen, given, seen)])
    return kept.id, kept.refused
