"""One answer for many notes of the same rule, after a look at each: a sheet of all changes, and of many a random ten first."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from flask import Flask, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from motjuste.db import deciding, reading, reviewing
from motjuste.db.connection import Connection
from motjuste.engine.text import fold
from motjuste.model import Finding
from motjuste.notes import editing
from motjuste.review import reply as replying
from motjuste.review.note import Note
from motjuste.review.reply import Choice, Refusal, Reply
from motjuste.review.words import words
from motjuste.web import marking
from motjuste.web.app import Desk, page
from motjuste.web.turns import address, decided, filters

LOOKED = 50  # a lot of more notes begins with some of them one by one
FIRST = 10
SHEET = 200  # notes on a sheet
SEARCHED = 2000  # findings of the rule looked at for them
KINDS = ("words", "proposal", "rule")
GIVEN = ("accept", "mask", "dismiss")


class Line(NamedTuple):
    """A note of a lot: the finding that the answer is for, and the note's new text."""

    note: Note
    finding: Finding
    result: str


def add(app: Flask, desk: Desk) -> None:
    """Add the pages of a lot."""
    signer = URLSafeSerializer(desk.guard.csrf_key(), salt="lot")

    @app.get("/revue/lot/<int:number>")
    def lot(number: int) -> str | Response:
        kind, action = _asked()
        with desk.session() as conn:
            lines = _lot(desk, conn, number, kind, action)
        if not lines:
            return redirect(address("note", filters(), number=number), 303)
        looked = _looked(signer, number, kind, action)
        common = _common(number, kind, action, lines)
        if len(lines) > LOOKED and len(looked) < FIRST:
            rest = [line for line in lines if line.finding.id not in looked]
            one = random.SystemRandom().choice(rest)
            token = signer.dumps([number, kind, action, [*looked, one.finding.id]])
            return page(
                "lot_one.html",
                line=_line(one),
                place=len(looked) + 1,
                of=FIRST,
                count=len(lines),
                looked=token,
                **common,
            )
        return page(
            "lot.html",
            **_sheet(desk, lines, action),
            looked=request.args.get("vu", ""),
            refused=None,
            **common,
        )

    @app.post("/revue/lot/<int:number>")
    def answer_lot(number: int) -> str | tuple[str, int]:
        kind, action = _asked()
        ids = [int(i) for i in request.form.getlist("note") if i.isdecimal()]
        reason = request.form.get("dismiss-words", "").strip() or request.form.get("dismiss-reason", "")
        typed = request.form.get("count", "").strip()
        with desk.session() as conn:
            lines = _lot(desk, conn, number, kind, action)
            refused = None
            if len(lines) > LOOKED and len(_looked(signer, number, kind, action)) < FIRST:
                refused = "look"
            elif action == "dismiss" and not reason.strip():
                refused = "reason"
            elif not ids or typed != str(len(ids)):
                refused = "count"
            if refused:
                shown = _sheet(desk, lines, action) | {"ticked": set(ids)}
                common = _common(number, kind, action, lines)
                return page(
                    "lot.html", **shown, looked=request.args.get("vu", ""), refused=refused, **common
                ), 409
            chosen = [line for line in lines if line.finding.id in ids]
            done, left = _decide(desk, conn, chosen, action, reason.strip()[:500])
        return page("lot_done.html", done=done, left=left + len(ids) - len(chosen), query=filters().given())


def _common(number: int, kind: str, action: str, lines: Sequence[Line]) -> dict[str, Any]:
    """What every page of a lot shows."""
    return {
        "number": number,
        "kind": kind,
        "action": action,
        "query": filters().given(),
        "first": lines[0],
    }


def _asked() -> tuple[str, str]:
    kind, action = request.args.get("kind", ""), request.args.get("action", "")
    return kind if kind in KINDS else "words", action if action in GIVEN else "accept"


def _looked(signer: URLSafeSerializer, number: int, kind: str, action: str) -> list[int]:
    """The notes of this lot that were looked at one by one."""
    try:
        *lot, seen = signer.loads(request.args.get("vu", ""))
    except (BadSignature, ValueError, TypeError):
        return []
    return list(seen) if lot == [number, kind, action] else []


def _lot(desk: Desk, conn: Connection, number: int, kind: str, action: str) -> list[Line]:
    """The notes that may get the same answer as this finding, itself first."""
    key = reading.secret(conn)
    who = desk.who(conn)
    model = next(
        iter(_lines(desk, reviewing.read(conn, key, desk.matcher, [number]), {number}, action)), None
    )
    if model is None:
        return []
    ids = [i for i in reviewing.of_rule(conn, who, model.finding.rule, SEARCHED) if i != number]
    found = [model]
    asked = set(ids)
    for start in range(0, len(ids), SHEET):
        read = reviewing.read(conn, key, desk.matcher, ids[start : start + SHEET])
        found += [line for line in _lines(desk, read, asked, action) if _alike(desk, line, model, kind)]
        if len(found) >= SHEET:
            break
    return found[:SHEET]


def _lines(desk: Desk, read: Any, asked: set[int], action: str) -> list[Line]:
    lines = []
    for found in read:
        if found.note is None:
            continue
        f = next((f for f in found.findings if f.id in asked and f.status == "open"), None)
        if f is None:
            continue
        result = replying.proposal(found.note, [f], Reply(choices={f.id: cast(Choice, action)}), desk.writer)
        lines.append(Line(found.note, f, result))
    return lines


def _alike(desk: Desk, line: Line, model: Line, kind: str) -> bool:
    if kind == "words":
        return fold(line.note.words(line.finding)) == fold(model.note.words(model.finding))
    if kind == "proposal":
        values = desk.writer.values
        return [e.text for e in editing.edits(line.note.text, line.result, values)] == [
            e.text for e in editing.edits(model.note.text, model.result, values)
        ]
    return True


def _line(line: Line) -> dict[str, Any]:
    f = line.finding
    stays = line.result == line.note.text
    spans = [(f.start, f.length)]
    pieces = marking.marked(line.note.text, spans) if stays else marking.compared(line.note.text, line.result)
    return {"id": f.id, "row": line.note.id[3], "pieces": marking.excerpt(pieces)}


def _sheet(desk: Desk, lines: Sequence[Line], action: str) -> dict[str, Any]:
    f = lines[0].finding
    rule = desk.matcher.rules[f.rule]
    last = desk.last_reason("dismiss", f.rule)
    reasons = words(desk.matcher.pack.language).reasons("dismiss", f.category)
    return {
        "lines": [_line(line) for line in lines],
        "ticked": {line.finding.id for line in lines},
        "rule": rule,
        "words": marking.visible(lines[0].note.words(f)),
        "reasons": list(dict.fromkeys([*([last] if last else []), *reasons])),
        "chosen": last,
        "whole": len(lines) >= SHEET,
    }


def _decide(desk: Desk, conn: Connection, lines: Sequence[Line], action: str, reason: str) -> tuple[int, int]:
    """Keep the answer; how many notes got it, and how many could not."""
    who, key = desk.who(conn), reading.secret(conn)
    given = []
    left = 0
    for line in lines:
        answer = Reply(choices={line.finding.id: cast(Choice, action)}, reason=reason)
        refused: Refusal | None = replying.take(line.note, [line.finding], answer, desk.writer)
        if refused:
            left += 1
        else:
            given.append(decided(desk, key, line.note, who))
    kept = deciding.keep(conn, given)
    lost = sum(bool(k.refused) for k in kept)
    done = {k.place for k in kept if not k.refused}
    desk.settled(conn, [g.id for place in done for g in given[place].findings if g.changed])
    if reason and given:
        desk.remember("dismiss", lines[0].finding.rule, reason)
    return len(kept) - lost, left + lost
