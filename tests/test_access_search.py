"""The search of a person's notes on real PostgreSQL: complete against a brute-force search, nothing of anybody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from conftest import Cluster
from motjuste.access.document import Found
from motjuste.config import Config, parse
from motjuste.db.access.find import Wanted, find
from motjuste.db.connection import Connection, connect
from motjuste.errors import ConfigError, DatabaseError

pytestmark = pytest.mark.first_server  # says nothing of a server's version

PERSONS = 6
NAMES = (
    "contrat",
    "Ticket Client",
    'dossier"x',
    "appel%s",
    "message",
    "visite",
    "sinistre",
    "échange",
    "rdv",
    "Bloc;Note",
)
SCHEMAS = ("crm", "Sup Port")


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[str]:
    """The DSN of a database that the tests of this file share, each emptying it behind itself: half the time."""
    name = cluster.create("C")
    yield cluster.server.dsn(name)
    cluster.drop(name)


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection
        connection.execute("reset role; set default_transaction_read_only = off")
        for schema in ("crm", "support", "archive", "Sup Port"):
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def search(
    conn: Connection, *subjects: str, policy: Config | None = None, **choices: tuple[str, ...]
) -> Found:
    return find(conn, Wanted(subjects, **choices), policy or Config(), lambda table: None)


def texts(found: Found) -> list[str]:
    return sorted(n.text for n in found.notes)


# -- a random database with a known owner of every note ----------------------------------------------


@dataclass
class Made:
    """A table of the random database: its key's columns and types, its parents, its rows as (key, owner), moved ones apart."""

    name: sql.Identifier
    bare: str
    key: list[tuple[str, str]]
    parents: list[Made] = field(default_factory=list)
    note: str = ""
    loops: bool = False
    partitioned: bool = False
    archive: sql.Identifier | None = None
    live: list[tuple[tuple[object, ...], int]] = field(default_factory=list)
    moved: list[tuple[tuple[object, ...], int]] = field(default_factory=list)

    def references(self, n: int) -> list[tuple[str, str]]:
        """The columns by which the table names its n-th parent."""
        return [(f"{self.parents[n].bare}_{k}", kind) for k, kind in self.parents[n].key]


KEYS = (
    [("id", "int")], [("num", "bigint")], [("code", "text")], [("uid", "uuid")], [("ref", "character(6)")],
    [("agence", "character varying(4)"), ("numero", "int")],
)  # fmt: skip


def _value(kind: str, n: int) -> object:
    if kind == "uuid":
        return UUID(int=n)
    return n if "int" in kind else f"K{n}"


class World:
    """A random schema with rows, built in a database; every note says whose it is: [p3] 127."""

    def __init__(self, conn: Connection, seed: int) -> None:
        self.conn, self.draw, self.notes = conn, Random(seed), 0
        for schema in SCHEMAS:
            conn.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        conn.execute(
            "create table crm.agent (login text primary key); insert into crm.agent values ('jdupont')"
        )
        self.client = Made(
            sql.Identifier("crm", "client"), "client", self.draw.choice(KEYS), note="commentaire"
        )
        tables = [self.client]
        for bare in self.draw.sample(NAMES, 8):
            parents = self.draw.sample(tables, min(len(tables), self.draw.choice((1, 1, 2))))
            table = Made(
                sql.Identifier(self.draw.choice(SCHEMAS), bare), bare, self.draw.choice(KEYS), parents,
                note=self.draw.choice(("commentaire", "note_interne", "details", "")),
                loops=self.draw.random() < 0.4, partitioned=self.draw.random() < 0.3,
            )  # fmt: skip
            if self.draw.random() < 0.5:
                schema, suffix = self.draw.choice(
                    (("crm", "_histo"), ("Sup Port", "_ARCHIVE"), ("crm", "_2019"))
                )
                table.archive = sql.Identifier(schema, bare + suffix)
            tables.append(table)
        for table in tables:
            self._create(table)
            self._fill(table)
        conn.execute("analyze")

    def _create(self, t: Made) -> None:
        names = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(k)) for c, k in t.key]
        tail = [sql.SQL("primary key ({})").format(sql.SQL(", ").join(sql.Identifier(c) for c, _ in t.key))]
        links = [(t.references(n), p) for n, p in enumerate(t.parents)]
        if t.loops:
            links.append(([(f"suite_de_{c}", k) for c, k in t.key], t))
        for columns, parent in links:
            names += [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(k)) for c, k in columns]
            own = sql.SQL(", ").join(sql.Identifier(c) for c, _ in columns)
            theirs = sql.SQL(", ").join(sql.Identifier(c) for c, _ in parent.key)
            tail.append(sql.SQL("foreign key ({}) references {} ({})").format(own, parent.name, theirs))
        note = [sql.SQL("{} {}").format(sql.Identifier(t.note), sql.SQL("jsonb" if t.note == "details" else "text"))] if t.note else []  # fmt: skip
        names += [sql.SQL("cree_par text references crm.agent"), *note]
        by = (
            sql.SQL("partition by hash ({})").format(sql.Identifier(t.key[0][0]))
            if t.partitioned
            else sql.SQL("")
        )
        body = sql.SQL(", ").join([*names, *tail])
        self.conn.execute(sql.SQL("create table {} ({}) {}").format(t.name, body, by))
        for n in range(2 if t.partitioned else 0):
            leaf = sql.Identifier("crm", f"{t.bare}_part{n}")
            self.conn.execute(sql.SQL("create table {} partition of {} for values with (modulus 2, remainder {})").format(leaf, t.name, n))  # fmt: skip
        if t.archive:
            self.conn.execute(sql.SQL("create table {} as table {}").format(t.archive, t.name))

    def _fill(self, t: Made) -> None:
        for n in self.draw.sample(range(1, 40), 30):
            owner = self.draw.randint(1, PERSONS)
            moved = t.archive is not None and self.draw.random() < 0.4
            key = tuple(_value(kind, n) for _, kind in t.key)
            if t is self.client:
                if len(t.live) == PERSONS:
                    return
                owner = len(t.live) + 1
            values: list[object] = list(key)
            tied = t is self.client
            for p in t.parents:
                rows = [k for k, whose in p.live + (p.moved if moved else []) if whose == owner]
                chosen = self.draw.choice(rows) if rows and (not tied or self.draw.random() < 0.5) else None
                values += chosen or [None] * len(p.key)
                tied = tied or chosen is not None
            if not tied:
                continue
            if t.loops:  # to anybody's row
                other = self.draw.choice(t.live)[0] if t.live and self.draw.random() < 0.5 else None
                values += other or [None] * len(t.key)
            self._insert(t.archive if moved and t.archive else t.name, t, values, owner)
            (t.moved if moved else t.live).append((key, owner))
            if t.archive and not moved and self.draw.random() < 0.3:  # an older version of a row that stands
                self._insert(t.archive, t, values, owner)

    def _insert(self, name: sql.Identifier, t: Made, values: list[object], owner: int) -> None:
        self.notes += 1
        text = f"[p{owner}] {self.notes}"
        note: list[object] = [] if not t.note else [Jsonb({"observations": text, "n": 1})] if t.note == "details" else [text]  # fmt: skip
        row = [sql.Literal(v) for v in [*values, "jdupont", *note]]
        self.conn.execute(sql.SQL("insert into {} values ({})").format(name, sql.SQL(", ").join(row)))

    def subject(self, owner: int) -> str:
        """What --subject says of a person."""
        key = next(k for k, whose in self.client.live if whose == owner)
        return "crm.client=" + ",".join(map(str, key))


def brute_force(conn: Connection, owner: int) -> set[int]:
    """The numbers of a person's notes, by reading every row of every table whole."""
    names = conn.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information_schema)'"
    ).fetchall()
    found: set[int] = set()
    for (name,) in names:
        for (row,) in conn.execute(sql.SQL("select x::text from {} as x").format(sql.SQL(name))):
            found.update(int(n) for n in re.findall(rf"\[p{owner}\] (\d+)", row))
    return found


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(n, marks=pytest.mark.first_server) for n in range(2, 10))]
)
def test_complete_against_brute_force_and_nothing_of_another(conn: Connection, seed: int) -> None:
    world = World(conn, seed)
    for owner in range(1, PERSONS + 1):
        found = search(conn, world.subject(owner))
        whose = {int(n) for note in found.notes for n in re.findall(r"^\[p(\d+)\]", note.text)}
        assert whose <= {owner}
        got = [int(n.text.split()[1]) for n in found.notes]
        assert len(got) == len(set(got))
        assert set(got) == brute_force(conn, owner)
        assert (found.untied, found.failed) == ((), ())


# -- what a real schema has ---------------------------------------------------------------------------

SCHEMA = """
create schema crm; create schema support; create schema archive;
create table crm.client (id int primary key, nom text, email text unique, commentaire text, parrain_id int references crm.client);
create table crm.contrat (id int primary key, client_id int not null references crm.client, observations text);
create table crm.ticket (id bigint primary key, contrat_id int not null references crm.contrat, note_interne text, cree_le timestamptz);
create table support.message (id int primary key, ticket_id bigint references crm.ticket, saisi_par text, details json);
insert into crm.client values (1, 'Martin', 'm@x.example', 'a1', null), (2, 'Durand', 'd@x.example', 'a2', 1);
insert into crm.contrat values (10, 1, 'b1'), (20, 2, 'b2');
insert into crm.ticket values (100, 10, 'c1', '2026-02-03 10:20'), (200, 20, 'c2', '2026-02-03 10:20');
insert into support.message values
    (1, 100, 'jean', '{"commentaire": "d1", "duree": 3, "canal": "tel"}'), (2, 200, 'jean', '{"commentaire": "d2"}'), (3, 100, null, '[1]'), (4, 100, null, null);
"""
ONE = ["a1", "b1", "c1", "d1"]


@pytest.fixture
def crm(conn: Connection) -> Connection:
    conn.execute(SCHEMA.encode())
    return conn


def linked(policy: str) -> Config:
    return parse(policy, "motjuste.toml")


def test_several_hops_down_with_author_and_date(crm: Connection) -> None:
    found = search(crm, "crm.client=1")
    assert texts(found) == ONE
    assert found.complete
    by_text = {n.text: n for n in found.notes}
    assert (by_text["c1"].written, by_text["c1"].row_key) == ("2026-02-03 10:20", '{"id": 100}')
    assert (by_text["d1"].author, by_text["d1"].place.label) == (
        "jean",
        "support.message.details->>commentaire",
    )
    assert [(s.relation, s.rows, s.notes) for s in found.searched] == [
        ("crm.client", 1, 1), ("crm.contrat", 1, 1), ("crm.ticket", 1, 1), ("support.message", 3, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        (("crm.client.email=m@x.example",), ONE),
        (("crm.contrat=10",), ONE[1:]),
        (("crm.contrat=10", "crm.client=1"), ONE),
        (("crm.client=1", "crm.contrat=20"), [*ONE, "b2", "c2", "d2"]),  # a contract that she shares
        (('"crm".client."id"=1',), ONE),
    ],
    ids=str,
)  # fmt: skip
def test_a_person_by_several_keys(crm: Connection, subjects: tuple[str, ...], expected: list[str]) -> None:
    assert texts(search(crm, *subjects)) == sorted(expected)


BAD_SUBJECTS = {
    "crm.client=3": "no row of crm.client has this id",
    "crm.client=x": "the value given for crm.client (id) is no integer",
    "crm.client=99999999999": "the value given for crm.client (id) is no integer",
    "crm.client.nom=Martin": "2 rows of crm.client have this nom",
    "crm.nobody=1": "no table and no column 'crm.nobody'",
    "crm.client.nothing=1": "no table and no column 'crm.client.nothing'",
    "crm.client": "--subject names no row",
    "crm.client=": "--subject names no row",
    "a..b=1": "no table and no column 'a..b'",
    "crm.relance=1": "crm.relance has no key",
    "crm.ligne=1": "the key of crm.ligne is (a, b)",
}


@pytest.mark.parametrize("subject", BAD_SUBJECTS)
def test_a_subject_that_is_no_one_row_is_said_plainly(crm: Connection, subject: str) -> None:
    crm.execute("insert into crm.client values (4, 'Martin')")
    crm.execute("create table crm.relance (client_id int, remarque text)")
    crm.execute("create table crm.ligne (a int, b text, note text, primary key (a, b))")
    with pytest.raises(ConfigError) as error:
        search(crm, subject)
    assert BAD_SUBJECTS[subject] in error.value.message
    assert error.value.hint


def test_a_column_that_is_not_unique_is_remarked_on(crm: Connection) -> None:
    assert search(crm, "crm.client.nom=Martin").unsure == ("crm.client.nom",)
    assert search(crm, "crm.client.email=m@x.example").unsure == ()


def test_a_longer_value_is_not_cut_to_another_row(crm: Connection) -> None:
    crm.execute(
        "create table crm.membre (code varchar(3) primary key, note text); insert into crm.membre values ('abc', 'x')"
    )
    crm.execute("create table crm.cotisation (id int primary key, membre text, note text)")
    crm.execute("insert into crm.cotisation values (1, 'abcd', 'other'), (2, 'abc', 'y')")
    policy = linked('[[link]]\nfrom = "crm.cotisation.membre"\nto = "crm.membre.code"\n')
    assert texts(search(crm, "crm.membre=abc", policy=policy)) == ["x", "y"]
    with pytest.raises(ConfigError):
        search(crm, "crm.membre=abcd", policy=policy)


def test_declared_links_watched_subjects_and_what_no_key_ties(crm: Connection) -> None:
    crm.execute(
        "create table crm.relance (client_id int, remarque text); insert into crm.relance values (1, 'e1'), (2, 'e2')"
    )
    crm.execute(
        "create table support.trace (doc jsonb, note text); insert into support.trace values ('{\"client\": 1}', 'f1'), ('{\"client\": 2}', 'f2')"
    )
    crm.execute("create table support.vide (note text)")
    found = search(crm, "crm.client=1")
    assert texts(found) == ONE
    assert [(u.relation, u.columns) for u in found.untied] == [
        ("crm.relance", ("remarque",)),
        ("support.trace", ("note",)),
    ]
    assert found.untied[0].hint == '[[link]]\nfrom = "crm.relance.client_id"\nto = "crm.client.id"'
    assert not found.complete
    assert found.readable
    declared = '[[link]]\nfrom = "crm.relance.client_id"\nto = "crm.client.id"\n'
    inside = '[[link]]\nfrom = "support.trace.doc->>client"\nto = "crm.client.id"\n'
    whole = search(crm, "crm.client=1", policy=linked(declared + inside))
    assert texts(whole) == [*ONE, "e1", "f1"]
    assert whole.complete
    watched = '[[watch]]\nrelation = "crm.relance"\ncolumn = "remarque"\nsubject = "client_id"\n'
    exempt = '[[exempt]]\ncolumn = "support.trace.note"\nreason = "x"\nowner = "y"\nuntil = 2030-01-01\n'
    by_name = search(crm, "crm.client=1", policy=linked(watched + exempt))
    assert texts(by_name) == [*ONE, "e1"]
    assert by_name.complete
    assert search(crm, "crm.client=1", leave=("crm.relance", "support.trace")).complete


def test_a_watched_column_counts_whatever_its_name(crm: Connection) -> None:
    crm.execute(
        "alter table crm.ticket add etat_libelle text; update crm.ticket set etat_libelle = 'z' || id"
    )
    watched = '[[watch]]\nrelation = "crm.ticket"\ncolumn = "etat_libelle"\nauthor = "etat_libelle"\n'
    found = search(crm, "crm.client=1", policy=linked(watched))
    assert texts(found) == [*ONE, "z100"]
    assert {n.author for n in found.notes if n.place.relation == "crm.ticket"} == {"z100"}


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ('[[link]]\nfrom = "crm.relance.x"\nto = "crm.client.id"\n', "link 1: no table and no column 'crm.relance.x'"),
        ('[[link]]\nfrom = "crm.ticket"\nto = "crm.client.id"\n', "link 1: name columns of one table"),
        ('[[link]]\nfrom = ["crm.ticket.id", "crm.contrat.id"]\nto = ["crm.client.id", "crm.client.nom"]\n', "link 1: name columns of one table"),
    ],
)  # fmt: skip
def test_a_link_to_nothing_is_refused(crm: Connection, policy: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        search(crm, "crm.client=1", policy=linked(policy))
    assert message in error.value.message


def test_ambiguous_keys_name_both_and_the_way_out(crm: Connection) -> None:
    crm.execute(
        "alter table crm.contrat add parrain_id int references crm.client; update crm.contrat set parrain_id = 3 - client_id"
    )
    with pytest.raises(ConfigError) as error:
        search(crm, "crm.client=1")
    assert "crm.contrat.client_id, crm.contrat.parrain_id" in error.value.message
    assert texts(search(crm, "crm.client=1", follow=("crm.contrat.client_id",))) == ONE
    assert texts(search(crm, "crm.client=1", leave=("crm.contrat.client_id",))) == ["a1", "b2", "c2", "d2"]
    for wrong in ("crm.contrat.observations", "crm.contrat"):
        with pytest.raises(ConfigError) as error:
            search(crm, "crm.client=1", follow=(wrong,))
        assert f"--follow {wrong}: no such key" in error.value.message


def test_a_contract_that_changed_hands_shows_each_person_her_own_time(crm: Connection) -> None:
    # contract 20 was person 1's before it was person 2's; its tickets of today are person 2's
    crm.execute(
        "create table archive.contrat as table crm.contrat; create table crm.ticket_histo as table crm.ticket"
    )
    crm.execute("update archive.contrat set client_id = 1, observations = 'before' where id = 20")
    crm.execute("update crm.ticket_histo set note_interne = 'h' || id")
    crm.execute(
        "insert into archive.contrat values (30, 1, 'closed'); insert into crm.ticket_histo values (300, 30, 'gone', null)"
    )
    assert texts(search(crm, "crm.client=1")) == [
        *ONE[:2],
        "b1",
        "before",
        *ONE[2:3],
        "closed",
        "d1",
        "gone",
        "h100",
    ]
    assert texts(search(crm, "crm.client=2")) == ["a2", "b2", "c2", "d2", "h200"]


def test_an_heir_is_read_once(crm: Connection) -> None:
    crm.execute("create table crm.contrat_pro (siret text, remarque_pro text) inherits (crm.contrat)")
    crm.execute("insert into crm.contrat_pro values (11, 1, 'b11', 'x', 'pro'), (21, 2, 'b21', 'x', 'pro 2')")
    found = search(crm, "crm.client=1")
    assert texts(found) == ["a1", "b1", "b11", "c1", "d1", "pro"]
    assert found.complete


def test_lists_of_texts_are_read(crm: Connection) -> None:
    crm.execute("alter table crm.contrat add remarques text[], add codes text[]")
    crm.execute("update crm.contrat set remarques = array['r1', 'r2'], codes = '{x}' where id = 10")
    found = search(crm, "crm.client=1")
    assert texts(found) == [*ONE, "{r1,r2}"]
    assert found.complete


def test_rows_that_name_another_are_set_aside_and_counted(crm: Connection) -> None:
    crm.execute("alter table crm.ticket add client_id int references crm.client")
    crm.execute("insert into crm.ticket values (101, 10, 'guest', null, 2)")
    found = search(crm, "crm.client=1")
    assert texts(found) == ONE
    assert {s.relation: (s.aside, s.aside_by) for s in found.searched}["crm.ticket"] == (
        1,
        ("crm.ticket.contrat_id",),
    )
    assert not found.complete
    assert "guest" in texts(search(crm, "crm.client=2"))


def test_a_table_that_cannot_be_read_stops_no_search(crm: Connection) -> None:
    """One that no key ties to the person is named, though nobody can say whether it is empty."""
    crm.execute("create foreign data wrapper away; create server loin foreign data wrapper away")
    crm.execute("create table crm.vieux (id int, note text) partition by list (id)")
    crm.execute("create foreign table crm.vieux_1 partition of crm.vieux for values in (1) server loin")
    found = search(crm, "crm.client=1")
    assert texts(found) == ONE
    assert "crm.vieux" in [u.relation for u in found.untied]


# -- few rights ---------------------------------------------------------------------------------------


@pytest.fixture
def poor(crm: Connection) -> Iterator[Connection]:
    """A session of a role that may read everything, and whose rights a test takes away."""
    crm.execute("create role lecteur; grant usage on schema crm, support to lecteur")
    crm.execute("grant select on all tables in schema crm, support to lecteur")
    yield crm
    crm.execute("reset role; drop owned by lecteur; drop role lecteur")


TAKEN = {
    "whole table": ("revoke select on crm.contrat from lecteur", ["a1"], {"crm.contrat": "denied", "crm.ticket": "hangs", "support.message": "hangs"}),
    "note": ("revoke select on crm.contrat from lecteur; grant select (id, client_id) on crm.contrat to lecteur", ["a1", "c1", "d1"], {"crm.contrat": "denied"}),
    "document": ("revoke select on support.message from lecteur; grant select (id, ticket_id) on support.message to lecteur", ONE[:3], {"support.message": "denied"}),
    "key above": ("revoke select on crm.ticket from lecteur; grant select (contrat_id, note_interne) on crm.ticket to lecteur", ONE[:3], {"support.message": "denied"}),
    "schema": ("revoke usage on schema support from lecteur", ONE[:3], {"support.message": "denied"}),
    "rows": ("alter table crm.ticket enable row level security; create policy p on crm.ticket using (id = 0)", ["a1", "b1"], {"crm.ticket": "filtered"}),
    "error": ("alter table crm.ticket enable row level security; create policy p on crm.ticket using (1 / (id - 100) > 0)", ["a1", "b1"], {"crm.ticket": "error", "support.message": "hangs"}),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKEN)
def test_what_may_not_be_read_is_never_called_complete(poor: Connection, what: str) -> None:
    statement, expected, failed = TAKEN[what]
    poor.execute(statement.encode())
    poor.execute("set role lecteur")
    found = search(poor, "crm.client=1")
    assert texts(found) == expected
    assert {f.relation: f.reason for f in found.failed} == failed
    assert not any(s.columns for s in found.searched if failed.get(s.relation) == "denied")
    assert not found.complete
    assert not found.readable


def test_a_role_that_may_read_all_is_complete(poor: Connection) -> None:
    poor.execute("set role lecteur")
    assert search(poor, "crm.client=1").complete


def test_a_subject_that_may_not_be_read_is_an_error(poor: Connection) -> None:
    poor.execute("alter table crm.client enable row level security; set role lecteur")
    with pytest.raises(ConfigError) as error:
        search(poor, "crm.client=1")
    assert "row-level security may hide it" in error.value.message
    poor.execute("reset role; revoke select on crm.client from lecteur; set role lecteur")
    with pytest.raises(DatabaseError, match=r"may not read crm.client \(id\)"):
        search(poor, "crm.client=1")


# -- how it reads -------------------------------------------------------------------------------------


def test_indexes_are_used_and_nothing_is_written(crm: Connection) -> None:
    crm.execute("insert into crm.client select n, 'x', 'x' || n, null from generate_series(1000, 21000) as n")
    crm.execute("insert into crm.contrat select n, n, 'x' from generate_series(1000, 21000) as n")
    crm.execute("create index on crm.contrat (client_id); analyze")
    before = rows_read(crm)
    crm.execute("set default_transaction_read_only = on")
    assert texts(search(crm, "crm.client=1")) == ONE
    assert rows_read(crm) == before


def rows_read(conn: Connection) -> int:
    """How many rows of the contracts were read one after the other so far."""
    conn.execute("select pg_stat_force_next_flush()")
    conn.execute("select pg_stat_clear_snapshot()")
    [(rows,)] = conn.execute(
        "select seq_tup_read from pg_stat_user_tables where relname = 'contrat'"
    ).fetchall()
    return int(rows)


def test_keys_of_many_types_compare_as_the_server_compares_them(crm: Connection) -> None:
    crm.execute("create domain crm.code as varchar(8); create domain crm.numero as int check (value > 0)")
    crm.execute(
        "create table crm.fiche (code char(8) primary key, n crm.numero unique, jour date unique, note text)"
    )
    crm.execute(
        "insert into crm.fiche values ('AB', 7, '2026-01-02', 'x'), ('ABC', 8, '2026-01-03', 'other')"
    )
    for name, kind in (("d", "crm.code"), ("v", "varchar(20)"), ("t", "text"), ("c", "char(12)")):
        crm.execute(
            f"create table crm.{name} (cle {kind}, note text); insert into crm.{name} values ('AB', '{name}'), ('ABC', 'other')"
        )
    for name, kind in (("i", "int"), ("b", "bigint"), ("m", "numeric(12, 2)"), ("s", "text")):
        crm.execute(
            f"create table crm.{name} (cle {kind}, note text); insert into crm.{name} values ('7', '{name}'), ('8', 'other')"
        )
    crm.execute(
        "create table crm.h (cle timestamp, note text); insert into crm.h values ('2026-01-02', 'h'), ('2026-01-03', 'other')"
    )
    ties = [("code", "dvtc"), ("n", "ibms"), ("jour", "h")]
    policy = linked(
        "".join(
            f'[[link]]\nfrom = "crm.{name}.cle"\nto = "crm.fiche.{target}"\n'
            for target, names in ties
            for name in names
        )
    )
    found = search(crm, "crm.fiche=AB", policy=policy)
    assert texts(found) == sorted("xdvtcibmsh")
    assert found.failed == ()
    assert texts(search(crm, "crm.fiche.n=7", policy=policy)) == texts(found)


@pytest.mark.parametrize("strange", ["1" + "0" * 5000, "[" * 3000 + "]" * 3000], ids=["digits", "lists"])
def test_a_document_that_python_does_not_read_ends_no_search(crm: Connection, strange: str) -> None:
    """Whoever writes one row of a person could keep all of theirs from them."""
    crm.execute(
        "create table crm.fiche (id numeric primary key, client_id int references crm.client, details jsonb, commentaire text)"
    )
    document = f'{{"remarque": "g1 \\"]", "x": {strange}, "y": {{"remarque": "g2"}}}}'
    crm.execute("insert into crm.fiche values (1e5000, 1, %s, 'g3')", [document])
    assert texts(search(crm, "crm.client=1")) == sorted([*ONE, 'g1 "]', "g3"])


def test_half_a_character_in_json_is_no_reason_to_stop(crm: Connection) -> None:
    crm.execute(r"""insert into support.message values (9, 100, null, '{"commentaire": "a\ud800b"}')""")
    assert "a?b" in texts(search(crm, "crm.client=1"))


ERP = """
    create schema crm;
    create table crm.llx_user (rowid int primary key, login text not null, lastname text, firstname text, email text);
    create table crm.llx_societe (
        rowid int primary key, tms timestamp default now(), datec timestamp, import_date timestamp, nom text,
        fk_user_modif int references crm.llx_user, fk_user_creat int references crm.llx_user, note_private text
    );
    create table crm.llx_relance (
        rowid int primary key, fk_soc int references crm.llx_societe, fk_user_author int, date_import timestamp,
        updated_at timestamp, note_private text
    );
    create table crm.llx_appel (
        rowid int primary key, fk_soc int references crm.llx_societe, auteur text, quand timestamptz default now(), compte_rendu text
    );
    insert into crm.llx_user values
        (28, 'admin', 'SuperAdmin', null, null), (29, 'cdubois', 'Dubois', 'Claire', 'c@example.org'), (30, 'sansnom', null, null, null);
    insert into crm.llx_societe values
        (1, '2025-11-01 03:00', '2024-02-03 10:30', '2025-11-01', 'Lucas', 28, 29, 'Client fidèle'),
        (2, '2025-11-01 03:00', null, '2025-11-01', 'Roux', 28, 28, 'Client exigeant');
    insert into crm.llx_relance values
        (1, 1, 29, '2025-11-01', '2025-06-01', 'Payé'), (2, 1, null, '2025-11-01', null, 'Rappeler'), (3, 2, 30, '2025-11-01', null, 'Autre');
    insert into crm.llx_appel values (1, 1, 'marc', '2025-05-05 10:00+00', 'Rappelle demain');
"""


def test_who_wrote_a_note_and_which_date_it_is(conn: Connection) -> None:
    conn.execute(ERP.encode())
    first = search(conn, "crm.llx_societe=1")
    told = sorted((n.place.relation, n.author, n.written, n.date_said) for n in first.notes)
    assert told == [
        ("crm.llx_appel", "marc", "2025-05-05 10:00", "insertion : quand"),
        # no key says whose number it is
        ("crm.llx_relance", "", "2025-11-01 00:00", "import : date_import"),
        ("crm.llx_relance", "utilisateur n° 29", "2025-06-01 00:00", "dernière modification : updated_at"),
        ("crm.llx_societe", "Claire Dubois (n° 29)", "2024-02-03 10:30", "création : datec"),
    ]
    # where the best date is empty, the next one is given and named
    [note] = [n for n in search(conn, "crm.llx_societe=2").notes if n.place.relation == "crm.llx_societe"]
    assert (note.author, note.written, note.date_said) == (
        "SuperAdmin (n° 28)", "2025-11-01 03:00", "dernière modification : tms",
    )  # fmt: skip
    # a key that the policy declares counts as well; without a name there is the login
    policy = parse(
        '[[link]]\nfrom = "crm.llx_relance.fk_user_author"\nto = "crm.llx_user.rowid"', "motjuste.toml"
    )
    other = search(conn, "crm.llx_societe=2", policy=policy)
    assert [n.author for n in other.notes if n.place.relation == "crm.llx_relance"] == ["sansnom (n° 30)"]


def test_names_that_may_not_be_read_leave_the_number(conn: Connection) -> None:
    conn.execute(ERP.encode())
    conn.execute("drop role if exists reader; create role reader")
    try:
        conn.execute("grant usage on schema crm to reader")
        conn.execute(
            "grant select on crm.llx_societe, crm.llx_relance, crm.llx_appel to reader; set role reader"
        )
        authors = {n.author for n in search(conn, "crm.llx_societe=1").notes}
        assert authors == {"", "marc", "utilisateur n° 29"}
    finally:
        conn.execute("reset role; drop owned by reader; drop role reader")
