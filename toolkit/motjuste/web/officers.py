"""The rest of an officer's work: how things stand, marks of a sample, requests for access."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from motjuste.access import document, register
from motjuste.access.document import Found, Held
from motjuste.db import catalog, evidence, findings, reading, sampling
from motjuste.db.access import find
from motjuste.db.access import register as stored
from motjuste.db.access.find import Wanted
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError
from motjuste.notes.digest import note_digest
from motjuste.officer import sampling as rating
from motjuste.officer import web as officer
from motjuste.officer.sampling import Drawn, Mark
from motjuste.officer.showing import values
from motjuste.web import marking
from motjuste.web.app import Desk, page

SIZES = (10, 30, 100)  # notes of each team, as the page proposes them
ASKED = ("objective", "relevant", "clean")


def add(app: Flask, desk: Desk) -> None:
    """Add these pages."""

    @app.get("/etat")
    def state() -> str:
        with desk.session() as conn:
            found = evidence.read(conn, desk.config)
        return page("state.html", **values(found, desk.pack, desk.before))

    @app.get("/controle")
    def samples() -> str:
        with desk.session() as conn:
            return _samples(desk, conn)

    @app.post("/controle")
    def draw() -> Response | tuple[str, int]:
        with desk.session() as conn:
            per = request.form.get("per", "column")
            per = per if per in ("team", "column") and (per != "team" or desk.config.team) else "column"
            size = min(max(request.form.get("size", 30, type=int), 1), 1000)
            notes = _drawn(desk, conn, per, size, _day(request.form.get("since", "")))
            if not notes:
                return _samples(desk, conn, refused="none"), 409
            seed, drawn = notes
            since = _day(request.form.get("since", ""))
            number = sampling.store(conn, drawn, seed=seed, size=size, per=per, since=since)
        return redirect(url_for("sample", number=number), 303)

    @app.get("/controle/<int:number>")
    def sample(number: int) -> str:
        after = request.args.get("apres", 0, type=int)
        with desk.session() as conn:
            return _sample(conn, number, after)

    @app.post("/controle/<int:number>")
    def mark(number: int) -> Response | tuple[str, int]:
        at = request.form.get("number", 0, type=int)
        if request.form.get("action") == "skip":
            return redirect(url_for("sample", number=number, apres=at), 303)
        whole = request.form.get("action") == "fine"
        said = ["oui" if whole else request.form.get(name, "") for name in ASKED]
        with desk.session() as conn:
            if not all(s in ("oui", "non") for s in said):
                return _sample(conn, number, at - 1, refused="marks", given=said), 409
            made = Mark(number, at, *(s == "oui" for s in said))
            try:
                sampling.mark(conn, [made], desk.who(conn), "page")
            except ConfigError:
                return _sample(conn, number, at, refused="other"), 409
        return redirect(url_for("sample", number=number, apres=at), 303)

    @app.get("/demandes")
    def requests() -> str:
        with desk.session() as conn:
            return _requests(conn)

    @app.post("/demandes")
    def receive() -> Response | tuple[str, int]:
        typed = request.form.get("table", "").strip() + "=" + request.form.get("key", "").strip()
        day = _day(request.form.get("received", ""))
        with desk.session() as conn:
            if day and day > date.today():
                return _requests(conn, refused="future"), 409
            try:
                rows = find.identify(conn, [typed], desk.config)
            except ConfigError as exc:
                return _requests(conn, refused="person", why=exc), 409
            stored.receive(conn, register.subjects(rows), day)
        return redirect(url_for("requests"), 303)

    @app.post("/demandes/<int:number>/prolonger")
    def extend(number: int) -> Response | tuple[str, int]:
        reason = request.form.get("reason", "").strip()
        with desk.session() as conn:
            if not reason:
                return _requests(conn, refused="reason"), 409
            try:
                stored.extend(conn, number, reason)
            except ConfigError as exc:
                return _requests(conn, refused="extend", why=exc), 409
        return redirect(url_for("requests"), 303)

    @app.post("/demandes/<int:number>/<part>")
    def copy(number: int, part: str) -> Response | tuple[str, int]:
        """The copy for the person, or the proof for the officer, as a file."""
        if part not in ("copie", "preuve"):
            return page("error.html", code="missing", detail="", hint=""), 404
        mask = request.form.get("mask") == "oui"
        with desk.session() as conn:
            asked = next((r for r in stored.register(conn) if r.id == number), None)
            if asked is None:
                return page("error.html", code="missing", detail="", hint=""), 404
            found = find.find(conn, Wanted(_typed(asked)), desk.config, lambda table: None)
            given = document.notes(found, desk.matcher, mask=mask)
            held = _held(desk, conn, found)
            if part == "copie":
                tables = len(found.searched)
                stored.answer(conn, number, complete=found.complete, notes=len(given), tables=tables)
        text = officer.page(
            "access.html",
            desk.pack.language,
            found=found,
            notes=given,
            mask=mask,
            request=number,
            third=sum(n.third for n in given),
            held=held,
            faulty=sum(bool(n.labels) for n in given),
            pack_version=desk.pack.version,
            part="copy" if part == "copie" else "proof",
        )
        answer = Response(text, mimetype="text/html")
        answer.headers["Content-Disposition"] = f'attachment; filename="demande-{number}-{part}.html"'
        return answer


def _day(said: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(said)
    return None


# -- samples -----------------------------------------------------------------------------------------------


def _samples(desk: Desk, conn: Connection, refused: str = "") -> str:
    found = rating.rates(sampling.marked(conn))
    per = ["team"] if desk.config.team else []
    return page(
        "samples.html",
        samples=sampling.samples(conn),
        rates=found,
        refused=refused,
        ways=[*per, "column"],
        sizes=SIZES,
        today=date.today(),
    )


def _drawn(
    desk: Desk, conn: Connection, per: str, size: int, since: date | None
) -> tuple[int, list[Drawn]] | None:
    """A seed and the notes that it draws of the watched columns, None where there are none."""
    seed = random.SystemRandom().randrange(2**31)
    notes: list[Drawn] = []
    for place, author in sampling.watched(conn):
        dated = next(iter(catalog.date_columns(conn, place.relation)), "")
        if (per == "team" and not author) or (since and not dated):
            continue
        wanted = sampling.Wanted(place, per, size, seed, author if per == "team" else "", dated, since)
        with suppress(ConfigError):  # its type changed: status says so
            notes += sampling.draw(conn, wanted, desk.config.team).notes
    return (seed, notes) if notes else None


def _sample(
    conn: Connection, number: int, after: int, refused: str = "", given: list[str] | None = None
) -> str:
    known = next((s for s in sampling.samples(conn) if s.id == number), None)
    note = sampling.waiting(conn, number, after)
    if known is None or note is None:
        rates = rating.rates(sampling.marked(conn, [number])) if known else []
        left = known.notes - known.marked if known else 0
        return page("sample_end.html", number=number, left=left, rates=rates)
    return page(
        "sample_note.html",
        sample=known,
        note=note,
        text=marking.visible(note.text or ""),
        refused=refused,
        given=dict(zip(ASKED, given or [""] * 3, strict=True)),
    )


# -- requests for access -----------------------------------------------------------------------------------


def _requests(conn: Connection, refused: str = "", why: ConfigError | None = None) -> str:
    return page(
        "requests.html",
        requests=stored.register(conn),
        refused=refused,
        detail=why.message if why else "",
        hint=why.hint if why else "",
        today=date.today(),
    )


def _typed(asked: register.Request) -> tuple[str, ...]:
    """The rows of a person as they would be typed."""
    return tuple(
        f"{s['table']}={','.join(v if isinstance(v, str) else str(v) for v in s['key'].values())}"
        for s in asked.subjects
    )


def _held(desk: Desk, conn: Connection, found: Found) -> list[Held]:
    """The findings that motjuste stores on these notes."""
    key = reading.secret(conn)
    notes = [(n.place, n.row_key, note_digest(key, n.text).hex()) for n in found.notes]
    labels = {c.code: c.label for c in desk.pack.categories.values()}
    return [Held(row[0], row[1], labels.get(row[2], row[2]), *row[3:]) for row in findings.held(conn, notes)]
