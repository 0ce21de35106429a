"""Puts the desk together: its pages, its guard, and its error pages."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from flask import Flask, g, redirect, render_template, request
from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response

from motjuste import __version__
from motjuste.config import Config
from motjuste.db import reviewing
from motjuste.db.connection import Connection
from motjuste.db.install import require
from motjuste.db.people import People
from motjuste.db.reviewing import Filters, Queues
from motjuste.engine.matcher import Matcher
from motjuste.errors import ConfigError, DatabaseError, MotjusteError
from motjuste.model import Pack
from motjuste.officer import web as officer
from motjuste.review.writer import Writer
from motjuste.web import guard as guarding
from motjuste.web import marking
from motjuste.web.guard import Guard, Person, Refused
from motjuste.web.progress import Mine, Progress


@dataclass
class Desk:
    """What the pages need: the policy, what finds, the pack with its examples, sessions of the database, who may come in.

    `reviewer` is the name under which who started the desk decides, '' for that of the role; `before` an earlier report, as JSON.
    """

    config: Config
    matcher: Matcher
    whole_pack: Callable[[], Pack]
    people: People
    guard: Guard
    reviewer: str = ""
    place: str = ""
    before: Mapping[str, Any] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    queues: Queues = field(default_factory=Queues)
    paces: dict[str, Mine] = field(default_factory=dict)

    @cached_property
    def writer(self) -> Writer:
        """The writer of proposals."""
        return Writer(self.matcher)

    @cached_property
    def pack(self) -> Pack:
        """The pack with its examples."""
        return self.whole_pack()

    @property
    def person(self) -> Person:
        """The person of this request."""
        found: Person = g.person
        return found

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A session of the database in the role of this request's person. Raises DatabaseError if motjuste is not installed."""
        with self.people.session(self.person.role) as conn:
            require(conn)
            yield conn

    def who(self, conn: Connection) -> str:
        """The name that this request's person decides under."""
        return self.person.role or self.reviewer or conn.info.user

    def mine(self, conn: Connection) -> Mine:
        """The counts of what this request's person decided."""
        known = self.paces.get(self.person.mark)
        if known is None or known.day != date.today():
            known = self.paces[self.person.mark] = Mine.of(reviewing.pace(conn, self.who(conn)))
        return known

    def progress(self, conn: Connection, asked: Filters) -> Progress:
        """The progress of this request's person under these filters."""
        mine = self.mine(conn)
        left = self.queues.of(conn, asked, self.config.team).open
        return Progress(left, mine.today, mine.undo, mine.minutes(left))

    def settled(self, conn: Connection, ids: Sequence[int]) -> None:
        """Note that this request's person decided of these findings."""
        self.mine(conn).add(len(ids))
        self.queues.drop(ids)

    def reopened(self) -> None:
        """Forget all counts and queues, because findings are open again."""
        self.queues.forget()
        self.paces.clear()

    def last_reason(self, action: str, rule: str) -> str:
        """The last reason that this request's person gave for this rule, else for any rule."""
        given = self.reasons.get(self.person.mark, {})
        return given.get(f"{action} {rule}", given.get(action, ""))

    def remember(self, action: str, rule: str, reason: str) -> None:
        """Keep a reason for the next note, as long as the desk runs."""
        with self.lock:
            given = self.reasons.setdefault(self.person.mark, {})
            given[f"{action} {rule}"] = given[action] = reason


def page(name: str, **values: Any) -> str:
    """The page that a template of the policy's language makes of these values."""
    return render_template(f"{g.language}/{name}", **values)


def create(desk: Desk) -> Flask:
    """The desk as a WSGI application."""
    from motjuste.web import lots, officers, practice, second, turns

    app = Flask("motjuste.web", static_url_path="/statique")
    app.config.update(MAX_CONTENT_LENGTH=8 << 20, MAX_FORM_MEMORY_SIZE=8 << 20, MAX_FORM_PARTS=5000)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_loader = ChoiceLoader(
        # the report is the same page in both
        [PackageLoader("motjuste.web", "html"), PackageLoader("motjuste.officer", "html")]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "number": officer.number, "percent": officer.percent, "day": officer.day, "month": officer.month, "visible": marking.visible, "row": marking.row,
    }  # fmt: skip
    language = desk.matcher.pack.language

    @app.before_request
    def _let_in() -> None:
        g.language = language
        g.person = None
        if request.endpoint in ("static", "enter"):
            return
        g.person = desk.guard.person(request)
        # what no row has: the server would refuse it, and the page say that the database is away
        numbers = [n for n in (request.view_args or {}).values() if isinstance(n, int)]
        # of a wording the page itself says what may not be in it
        filled = [value for name, value in request.form.items() if name not in ("text", "note")]
        typed = [*request.args.values(), *filled, *(request.view_args or {}).values()]
        if any(n >= 1 << 63 for n in numbers) or any("\0" in str(text) for text in typed):
            raise NotFound

    @app.after_request
    def _seal(response: Any) -> Any:
        return guarding.seal(response, static=request.endpoint == "static")

    @app.context_processor
    def _known() -> dict[str, Any]:
        return {
            "language": language,
            "version": __version__,
            "csrf": desk.guard.csrf(g.person) if g.person else "",
            "path": request.path,
            "desk_place": desk.place,
        }

    @app.get("/entrer")
    def enter() -> Response:
        session = desk.guard.enter(request)
        answer = redirect("/", 303)
        answer.set_cookie(
            guarding.COOKIE, session, httponly=True, samesite="Strict", secure=request.is_secure
        )
        return answer

    app.extensions["desk"] = desk
    for module in (turns, lots, second, officers, practice):
        module.add(app, desk)
    _errors(app)
    return app


def _errors(app: Flask) -> None:
    @app.errorhandler(Refused)
    def _refused(error: Refused) -> tuple[str, int]:
        return page("error.html", code=error.code, detail="", hint=""), error.status

    @app.errorhandler(MotjusteError)
    def _told(error: MotjusteError) -> tuple[str, int]:
        code, status = _code(error)
        return page("error.html", code=code, detail=error.message, hint=error.hint), status

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> tuple[str, int]:
        code = {404: "missing", 405: "missing", 413: "large"}.get(error.code or 500, "broken")
        return page("error.html", code=code, detail="", hint=""), error.code or 500

    @app.errorhandler(Exception)
    def _broken(error: Exception) -> tuple[str, int]:
        # not its message, which may quote a note: what it is, and where
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
        print(f"motjuste: {type(error).__name__} at {where}", file=sys.stderr, flush=True)
        return page("error.html", code="broken", detail="", hint=""), 500


def _code(error: MotjusteError) -> tuple[str, int]:
    """The code of an error page, and the status of the response."""
    if isinstance(error, ConfigError):
        return "config", 400
    if not isinstance(error, DatabaseError):
        return "broken", 500
    state = getattr(error.__cause__, "sqlstate", None)
    if "not installed" in error.message or state in ("3F000", "42P01", "42883"):
        return "install", 503
    if state == "42501" or "may not" in error.message:
        return "rights", 403
    if error.__cause__ is not None and (not state or state.startswith(("08", "57"))):
        return "lost", 503
    return "database", 503
