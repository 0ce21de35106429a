"""The tables of a database and the keys between them, for the search of a person's notes: declared, named in the policy, guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg.rows import dict_row

from motjuste import assets, config, discovery
from motjuste.access.copies import originals
from motjuste.access.graph import Choices
from motjuste.access.tables import Link, Table, guess
from motjuste.config import Config
from motjuste.db import catalog
from motjuste.db.connection import Connection
from motjuste.db.install import may
from motjuste.errors import ConfigError
from motjuste.model import ELEMENTS, Column

TEXTS = ("text", "varchar", "bpchar", "citext")
DOCUMENTS = ("json", "jsonb")


@dataclass(frozen=True)
class Watched:
    """A watched column with its author's and its subject's column, '' where none is declared."""

    relation: str
    column: str
    json_key: str
    author: str
    subject: str


@dataclass(frozen=True)
class Ties:
    """Every table by name, every key between them, what is watched, and the columns that the policy exempts."""

    tables: dict[str, Table]
    links: tuple[Link, ...]
    watched: tuple[Watched, ...]
    exempt: frozenset[tuple[str, str, str]]

    def authors(self) -> dict[str, str]:
        """The declared author column of each table."""
        return {w.relation: w.author for w in self.watched if w.author}


def read(conn: Connection, policy: Config) -> Ties:
    """The tables and keys of this database under this policy. Raises ConfigError where the policy names what is not there."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(assets.query("access_tables.sql").encode()).fetchall()
    watched = _watched(conn, policy)
    notes: dict[str, list[tuple[str, str]]] = {}
    exempt = set()
    names = {(row["schema"], row["bare"]): row["name"] for row in rows}
    beside = [c for row in rows for c in _text_columns(row)]
    for c in discovery.rank([*catalog.columns(conn), *beside]):
        name = names.get((c.schema, c.table))
        if name:
            # a list of texts is read as one note
            notes.setdefault(name, []).append((c.name, c.json_key.removeprefix(ELEMENTS)))
            if config.is_exempt(policy, c):
                exempt.add((name, c.name, c.json_key))
    for w in watched:
        if (w.column, w.json_key) not in notes.setdefault(w.relation, []):
            notes[w.relation].append((w.column, w.json_key))
    tables = {row["name"]: _table(row, notes.get(row["name"], [])) for row in rows}
    for copy, original in originals(tables).items():
        known = tables[copy]
        same = [n for n in tables[original].notes if n[0] in known.columns and n not in known.notes]
        tables[copy] = replace(known, notes=(*known.notes, *same))
    keys = conn.execute(assets.query("access_keys.sql").encode()).fetchall()
    links = [
        Link(child, tuple(columns), parent, tuple(targets))
        for child, columns, parent, targets in keys
        if child in tables and parent in tables
    ]
    links += [_declared(conn, link, tables) for link in policy.links]
    links += _subjects(watched, links, tables)
    return Ties(tables, tuple(links), watched, frozenset(exempt))


def _text_columns(row: Mapping[str, Any]) -> list[Column]:
    """The text columns that catalog.columns leaves out: those of foreign tables, and arrays of texts."""
    lists = {f"_{base}": base for base in TEXTS}
    found = [
        Column(
            row["schema"], row["bare"], name, json_key=ELEMENTS, kind=f"{lists[base]}[]", relkind=row["kind"]
        )
        for name, _, base, *_ in row["columns"]
        if base in lists
    ]
    if row["kind"] == "f":
        found += [
            Column(row["schema"], row["bare"], name, kind=base, relkind="f")
            for name, _, base, *_ in row["columns"]
            if base in TEXTS
        ]
    return found


def _table(row: Mapping[str, Any], notes: Iterable[tuple[str, str]]) -> Table:
    columns, keys = row["columns"], row["keys"]
    return Table(
        name=row["name"],
        schema=row["schema"],
        bare=row["bare"],
        columns={name: kind for name, kind, *_ in columns},
        keys=tuple(tuple(k) for k in keys),
        primary=row["is_primary"],
        notes=tuple(notes),
        documents=tuple(name for name, _, base, *_ in columns if base in DOCUMENTS),
        unreadable=frozenset(name for name, _, _, readable, _ in columns if not readable),
        filtered=row["filtered"],
        inherits=row["inherits"],
        kind=row["kind"],
        strange={name: compared for name, *_, compared in columns if compared},
    )


def _watched(conn: Connection, policy: Config) -> tuple[Watched, ...]:
    """What the database watches, where this role may know it, and what the policy names."""
    found: dict[tuple[str, str, str], Watched] = {}
    for w in policy.watches:
        name = relation(conn, w.relation)
        if name:
            found[name, w.column, w.json_key] = Watched(name, w.column, w.json_key, w.author, w.subject)
    if may(conn, "watch", "select"):
        for row in conn.execute(assets.query("access_watches.sql").encode()).fetchall():
            there = Watched(*row)
            known = found.get(row[:3], there)
            found[row[:3]] = replace(
                there, author=there.author or known.author, subject=there.subject or known.subject
            )
    return tuple(found.values())


def relation(conn: Connection, typed: str) -> str:
    """The full name of a table that a person typed, its root's for a partition; '' where there is none."""
    try:
        with conn.transaction():
            row = conn.execute(assets.query("access_relation.sql"), {"typed": typed}).fetchone()
    except conn.DataError:  # not a name at all
        return ""
    return str(row[0]) if row else ""


def named(conn: Connection, typed: str, tables: Mapping[str, Table]) -> tuple[str, str]:
    """(table, column) of a name that a person typed, the column '' where it is a table's. Raises ConfigError for neither."""
    table = relation(conn, typed)
    if table in tables:
        return table, ""
    path, arrow, json_key = typed.partition("->>")
    try:
        with conn.transaction():
            [(parts,)] = conn.execute("select parse_ident(%s)", [path]).fetchall()
    except conn.DataError:
        parts = []
    table = (
        relation(conn, ".".join('"' + p.replace('"', '""') + '"' for p in parts[:-1])) if parts[1:] else ""
    )
    if table not in tables or parts[-1] not in tables[table].columns:
        raise ConfigError(
            f"no table and no column {typed!r}",
            hint='write schema.table or schema.table.column, names as in SQL: crm."Bloc;Note"',
        )
    return table, parts[-1] + arrow + json_key.strip("'\" ")


def _declared(conn: Connection, link: config.Link, tables: Mapping[str, Table]) -> Link:
    sides = []
    for typed in (link.columns, link.targets):
        try:
            found = [named(conn, name, tables) for name in typed]
        except ConfigError as exc:
            raise ConfigError(f"{link.where}: {exc.message}", hint=exc.hint) from exc
        if len({table for table, _ in found}) > 1 or not all(column for _, column in found):
            raise ConfigError(
                f"{link.where}: name columns of one table on each side",
                hint='write from = "crm.relance.client_id"',
            )
        sides.append((found[0][0], tuple(column for _, column in found)))
    return Link(*sides[0], *sides[1], origin="motjuste.toml", settled=True)


def _subjects(watched: Iterable[Watched], links: Iterable[Link], tables: Mapping[str, Table]) -> list[Link]:
    """The keys of the declared subject columns: those that the database declares, else those that their names speak of."""
    found = []
    for w in watched:
        table = tables.get(w.relation)
        if not w.subject or table is None or w.subject not in table.columns:
            continue
        same = [x for x in links if x.child == w.relation and w.subject in x.columns]
        guessed = None if same else guess(table, w.subject, tables.values())
        found += [replace(x, settled=True) for x in [*same, *([guessed] if guessed else [])]]
    return found


def choices(conn: Connection, found: Ties, follow: Iterable[str], leave: Iterable[str]) -> Choices:
    """What --follow and --leave say, as typed. Raises ConfigError where one names no key."""
    followed = set()
    for typed in follow:
        table, column = named(conn, typed, found.tables)
        if not any(x.child == table and column in x.columns for x in found.links):
            raise ConfigError(
                f"--follow {typed}: no such key",
                hint="name a column of a foreign key, or declare the key with [[link]] in motjuste.toml",
            )
        followed.add((table, column))
    left = {named(conn, typed, found.tables) for typed in leave}
    return Choices(frozenset(followed), frozenset(left), frozenset(found.authors().items()))
