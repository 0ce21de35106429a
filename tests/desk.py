"""The officer's desk as tests use it: a database with a few rules, three officers' roles, the desk over it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg.conninfo import make_conninfo
from waitress.server import create_server

from conftest import Cluster, small_matcher
from motjuste.config import Config
from motjuste.db import connection, install
from motjuste.db.people import People
from motjuste.engine.matcher import Matcher
from motjuste.web.app import Desk, create
from motjuste.web.guard import Guard

RULES = """
[[rule]]
id = "sante-alcool"
match = ["alcoolique", "alcoolisme"]
why = "Une dépendance est une donnée de santé."
examples = [{ bad = "Client [[alcoolique]]." }]
allowed = ["Rappeler lundi."]

[[rule]]
id = "sante-soin"
match = ["en cure"]
level = "watch"
why = "Un séjour de soin est une donnée de santé."
examples = [{ bad = "Il est [[en cure]]." }]
allowed = ["Rappeler lundi."]
"""
HOST = "desk.test"
PROOF = "a secret of the proxy"
ALICE, BOB, CAROL = "mj_alice", "mj_bob", "mj_carol"
ONE = "Client alcoolique. Rappeler lundi."
TWO = "Client alcoolique. Il est en cure. Dossier complet."


@dataclass
class Office:
    """A database with notes, the desk over it, and the persons at it."""

    dsn: str  # of its owner, a superuser
    matcher: Matcher
    people: People
    app: Flask
    guard: Guard
    token: str
    _forms: dict[str, str] = field(default_factory=dict)

    def run(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            cursor = conn.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description is not None else []

    def write(self, *notes: str) -> list[int]:
        """Write notes; the first finding of each."""
        self.app.extensions["desk"].reopened()
        self.run("truncate crm.client")
        self.run(
            "truncate motjuste.finding, motjuste.decision, motjuste.reservation, motjuste.second_opinion, motjuste.tally"
        )
        with psycopg.connect(self.dsn, autocommit=True) as conn, conn.cursor() as cursor:
            cursor.executemany("insert into crm.client values (%s, %s)", list(enumerate(notes, 1)))
        return [
            n
            for (n,) in self.run(
                "select min(id) from motjuste.finding group by row_key order by (row_key ->> 'id')::int"
            )
        ]

    def states(self) -> list[str]:
        return [
            f"{key} {rule} {status} {who or '-'}"
            for key, rule, status, who in self.run(
                "select row_key ->> 'id', rule_id, status, decided_by from motjuste.finding order by (row_key ->> 'id')::int, start"
            )
        ]

    def client(self, who: str = ALICE) -> Person:
        return Person(self.app.test_client(), who)


@dataclass
class Person:
    """Somebody at the desk: pages are asked for, forms are sent as they stand on the page, with what is changed in them."""

    http: FlaskClient
    who: str
    page: str = ""
    status: int = 0
    where: str = ""

    def _taken(self, answer: Any) -> Person:
        while answer.status_code == 303:
            answer = self._send("GET", answer.headers["Location"])
        self.page, self.status = answer.get_data(as_text=True), answer.status_code
        return self

    def _send(self, method: str, where: str, data: dict[str, Any] | None = None) -> Any:
        self.where = where
        headers = {"X-Motjuste-Proxy": PROOF, "Remote-User": self.who}
        return self.http.open(where, method=method, data=data, headers=headers, base_url=f"https://{HOST}")

    def get(self, where: str) -> Person:
        return self._taken(self._send("GET", where))

    def send(self, where: str, **data: Any) -> Person:
        return self._taken(self._send("POST", where, data))

    def form(self) -> dict[str, Any]:
        """What the review's form on the page sends."""
        found: dict[str, Any] = {}
        for tag in re.findall(r"<input[^>]*>", self.page):
            values = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            kind = values.get("type", "text")
            if "name" not in values or (kind == "radio" and " checked" not in tag):
                continue
            if kind == "checkbox":
                if " checked" in tag:
                    found.setdefault(values["name"], []).append(values["value"])
                continue
            found[values["name"]] = values.get("value", "")
        text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", self.page, re.DOTALL)
        return found | ({"text": text[1]} if text else {})

    def answer(self, action: str, **changed: Any) -> Person:
        """Answer the note on the page."""
        return self.send(
            self.where,
            **self.form() | {"action": action} | {k.replace("_", "-"): v for k, v in changed.items()},
        )

    @property
    def told(self) -> str:
        """What the page warns of."""
        return " ".join(" ".join(re.findall(r'class="alert"[^>]*>(.*?)</p>', self.page, re.DOTALL)).split())

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.page, re.DOTALL)
        return re.sub(r"<[^>]*>", "", found[1]) if found else ""


@contextmanager
def office(cluster: Cluster, *, shared: bool = True) -> Iterator[Office]:
    """The desk over a database of its own; shared, it plays the roles that a proxy names."""
    matcher = small_matcher(RULES)
    name = cluster.create("C")
    above = cluster.server.dsn(name)
    try:
        with connection.connect(above) as conn:
            for role in (ALICE, BOB, CAROL):
                conn.execute(_role(role, ""))
            conn.execute(_role("mj_desk", "noinherit"))
            conn.execute(f"grant {ALICE}, {BOB}, {CAROL} to mj_desk".encode())
            install.install(conn, matcher)
            conn.execute(
                f"""create schema crm; create table crm.client (id int primary key, note varchar(300));
                grant usage on schema crm to {ALICE}, {BOB}; grant select on crm.client to {ALICE}, {BOB};
                select motjuste.attach('crm.client', 'note', 'flag'); select motjuste.grant_officer('{ALICE}'), motjuste.grant_officer('{BOB}')""".encode()
            )
        people = People(make_conninfo(above, user="mj_desk") if shared else above)
        guard = Guard(frozenset({HOST}), header="Remote-User" if shared else "", proof=PROOF)
        desk = Desk(Config(), matcher, lambda: matcher.pack, people, guard)
        app = create(desk)
        yield Office(above, matcher, people, app, guard, guard.token)
        people.close()
    finally:
        cluster.drop(name)


def _role(name: str, options: str) -> bytes:
    return f"do $$ begin create role {name} login {options}; exception when duplicate_object then null; end $$".encode()


@contextmanager
def listening(o: Office) -> Iterator[str]:
    """The desk on a port of this machine, for a browser: its address."""
    server = create_server(o.app, host="127.0.0.1", port=0, threads=4)
    at = f"127.0.0.1:{server.effective_port}"
    o.guard.hosts = frozenset({at, HOST})
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://{at}"
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)
        thread.join(10)
