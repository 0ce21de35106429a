"""The findings to review, the notes that they are in, and what was decided of them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby, islice
from typing import Any

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb, set_json_loads

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection, first_line
from motjuste.db.reading import printed, qualified
from motjuste.db.trust import Untrusted
from motjuste.errors import ConfigError
from motjuste.migration.shape import CHANGING, WHOLE, NoteColumn
from motjuste.model import Decision, Finding
from motjuste.notes.digest import note_digest
from motjuste.scanning.scan import Place, holds_many

BATCH = 200  # notes read at a time
KEYS = 10_000  # looked up at a time
LONG_KEY = "its row's key is too long to be kept: mend it there"
OTHER_KEY = "its row's key is not what the table's keys are now"
COLUMN_GONE = "table or column gone"
DELETED = "deleted"
CHANGED_OR_DELETED = "changed or deleted"
CHANGED = "changed since it was found"


@dataclass(frozen=True)
class Live:
    """The findings of one note and its current text. If the note cannot be reviewed, the text is None, and `why` says the reason.

    `limit` and `fixed` are those of its column; `closed`: no note of the column can be read, for the same reason.
    """

    findings: tuple[Finding, ...]
    text: str | None
    limit: int | None = None
    fixed: str = ""
    why: str = ""
    closed: bool = False


def note_column(conn: Connection, relation: str, column: str, json_key: str) -> NoteColumn | None:
    """The column as the catalog has it, None where table or column is gone."""
    try:
        row = conn.execute(
            assets.query("note_column.sql"), {"relation": qualified(conn, relation), "column": column}
        ).fetchone()
    except (conn.DataError, conn.ProgrammingError) as exc:
        if exc.sqlstate in ("42602", "42601", "0A000", "22023"):  # not a table's name at all
            raise ConfigError(
                f"{relation!r} is no table name", hint="write it as in SQL: schema.table"
            ) from exc
        raise
    if row is None:
        return None
    name, kind, size, key, fixed = row
    if holds_many(json_key):
        fixed = "one of several notes in its row, to be mended there"
    strange = frozenset(k for k, _, own, _ in key if own)
    equals = tuple(operator for *_, operator in key)
    typed = tuple((k, t) for k, t, *_ in key)
    return NoteColumn(name, column, json_key, kind, typed, size, fixed or "", strange, equals)


def relation_name(conn: Connection, typed: str) -> str:
    """The full name of a table that a person typed. Raises ConfigError where there is none."""
    try:
        row = conn.execute(assets.query("relation.sql"), {"typed": typed}).fetchone()
    except (conn.DataError, conn.ProgrammingError):
        row = None
    if row is None:
        raise ConfigError(f"no table {typed!r}", hint='write schema.table, names as in SQL: crm."Bloc;Note"')
    return str(row[0])


def to_review(
    conn: Connection,
    *,
    rules: Sequence[str] = (),
    categories: Sequence[str] = (),
    levels: Sequence[str] = (),
    relations: Sequence[str] = (),
    redo: bool = False,
) -> list[Finding]:
    """The findings that nobody decided of yet, with `redo` also the others; each filter given narrows them down."""
    filters = {
        "rules": list(rules),
        "categories": list(categories),
        "levels": list(levels),
        "relations": list(relations),
        "statuses": ["open", "accepted", "dismissed", "tolerated"] if redo else ["open"],
    }
    return _findings(conn, "to_review.sql", filters)


def by_id(conn: Connection, ids: Sequence[int]) -> list[Finding]:
    """Those of these findings that are not closed."""
    return _findings(conn, "findings_by_id.sql", {"ids": list(ids)})


def _findings(conn: Connection, query: str, values: dict[str, Any]) -> list[Finding]:
    return [finding(row) for row in rows(conn, query, values)]


def rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query about findings, by column."""
    with conn.cursor(row_factory=dict_row) as cursor:
        # a number with decimals stays as written: a float would name another row
        set_json_loads(partial(json.loads, parse_float=str), cursor)
        return cursor.execute(assets.query(query), values).fetchall()


def finding(row: dict[str, Any]) -> Finding:
    """The finding of such a row."""
    return Finding(column=row.pop("column_name"), rule=row.pop("rule_id"), **row)


def unknown(conn: Connection, decided: Sequence[Decision]) -> set[int]:
    """Which of these decisions, by place in the list, change a note for a finding that the database does not have."""
    wanted = [
        [i, d.relation, d.column, d.json_key, d.row_key, d.note_digest, v.rule, v.start]
        for i, d in enumerate(decided)
        for v in d.verdicts
        if v.action in CHANGING and v.rule not in WHOLE
    ]
    if not wanted:
        return set()
    query = assets.query("unknown_findings.sql")
    rows = conn.execute(query, {"wanted": json.dumps(wanted)}).fetchall()
    return {int(place) for (place,) in rows}


def key_check(conn: Connection) -> str:
    """The digest of a fixed word. It identifies the key of the digests without revealing it."""
    [(digest,)] = conn.execute("select encode(motjuste.digest('motjuste'), 'hex')").fetchall()
    return str(digest)


def empty_digest(conn: Connection) -> str:
    """The digest of a note without a sign."""
    [(digest,)] = conn.execute("select encode(motjuste.digest(''), 'hex')").fetchall()
    return str(digest)


def live(conn: Connection, key: bytes, notes: Iterable[tuple[Finding, ...]]) -> Iterator[Live]:
    """Each note with its text as it stands, read a batch ahead; `key` is that of the digests."""
    for (relation, column, json_key), group in groupby(notes, key=_place):
        try:
            where = note_column(conn, relation, column, json_key)
        except InsufficientPrivilege as exc:
            why = _closed(conn, relation, column, exc)
            yield from (Live(f, None, why=why, closed=True) for f in group)
            continue
        except ConfigError:
            where = None
        while batch := list(islice(group, BATCH)):
            if where is None or holds_many(json_key):
                why = COLUMN_GONE if where is None else where.fixed
                yield from (Live(f, None, why=why) for f in batch)
                continue
            try:
                found = _each(conn, where, batch)
            except (Untrusted, InsufficientPrivilege) as exc:
                why = (
                    exc.message if isinstance(exc, Untrusted) else _closed(conn, where.relation, column, exc)
                )
                yield from (Live(f, None, why=why, closed=True) for f in chain(batch, group))
                break
            for findings, text in zip(batch, found, strict=True):
                if isinstance(text, _Unread):
                    yield Live(findings, None, why=OTHER_KEY)
                    continue
                keyed = bool(where.key and findings[0].row_key)
                fixed = where.fixed if keyed or not where.key else LONG_KEY
                if text is None:
                    yield Live(findings, None, why=DELETED if keyed else CHANGED_OR_DELETED)
                elif note_digest(key, text).hex() != findings[0].note_digest:
                    yield Live(findings, None, why=CHANGED)
                else:
                    yield Live(findings, text, where.limit, fixed)


def _closed(conn: Connection, relation: str, column: str, exc: InsufficientPrivilege) -> str:
    """Why a role may not read a column, with what its owner has to grant."""
    found = conn.execute(assets.query("to_ask.sql"), {"relation": relation, "column": column})
    asked = "; ".join(statement for (statement,) in found.fetchall())
    return f"{conn.info.user} may not read {relation}: ask its owner: {asked}" if asked else first_line(exc)


class _Unread:
    """In the place of a text: the key cannot be one of this table."""


def _each(
    conn: Connection, where: NoteColumn, batch: list[tuple[Finding, ...]]
) -> list[str | _Unread | None]:
    """The same as _texts, but that one note whose key or column has another type now ends not the others."""
    try:
        return [*_texts(conn, where, batch)]
    except InsufficientPrivilege:
        raise
    except (conn.DataError, conn.ProgrammingError):
        if len(batch) == 1:
            return [_Unread()]
        half = len(batch) // 2
        return [*_each(conn, where, batch[:half]), *_each(conn, where, batch[half:])]


def _texts(conn: Connection, where: NoteColumn, batch: list[tuple[Finding, ...]]) -> list[str | None]:
    """The texts of these notes now, None where there is none. Raises psycopg's InsufficientPrivilege also where a policy hides rows."""
    with conn.transaction():
        conn.execute("set local row_security = off")
        trust.require_read(conn, where.relation)
        found: list[str | None] = [None] * len(batch)
        if where.key:
            found = _by_key(conn, where, batch)
        # without a key, or with one too long to be kept
        others = [i for i, f in enumerate(batch) if not (where.key and f[0].row_key)]
        if others:
            texts = _by_digest(conn, where, [batch[i] for i in others])
            for i, text in zip(others, texts, strict=True):
                found[i] = text
        return found


def originals(conn: Connection, key: bytes, decided: Iterable[Decision]) -> Iterator[tuple[Decision, str]]:
    """Each of these decisions with its note's current text; decisions whose note has changed are left out."""
    waiting: deque[Decision] = deque()

    def asked() -> Iterator[tuple[Finding, ...]]:
        for d in decided:
            waiting.append(d)
            yield (
                Finding(d.relation, d.column, d.json_key, d.row_key, d.note_digest, "", "", "block", 0, 0),
            )

    for live_note in live(conn, key, asked()):
        d = waiting.popleft()
        if live_note.text is not None:
            yield d, live_note.text


def _place(findings: tuple[Finding, ...]) -> tuple[str, str, str]:
    return findings[0].relation, findings[0].column, findings[0].json_key


def note_of(where: NoteColumn) -> sql.Composable:
    """The text of the note in a row `t` of its table."""
    column = sql.SQL("t.") + sql.Identifier(where.column)
    return (
        sql.SQL("({} ->> {})").format(column, sql.Literal(where.json_key))
        if where.json_key
        else column + sql.SQL("::text")
    )


def gone(conn: Connection, place: Place, keys: Sequence[str]) -> list[str]:
    """Those of these row keys (JSON) that no row of a table has any more; none where its rows have no key."""
    where = note_column(conn, place.relation, place.column, place.json_key)
    if where is None or not where.key:
        return []
    try:
        with conn.transaction():
            trust.require_read(conn, where.relation)
            return _gone(conn, where, keys)
    except Untrusted:
        return []


def _gone(conn: Connection, where: NoteColumn, keys: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(keys), KEYS):
        some = keys[start : start + KEYS]
        query = sql.SQL(
            "select n.i from jsonb_array_elements({}::jsonb) with ordinality as n (key, i)"
            " where not exists (select from {} as t, {} where {}) order by n.i"
        ).format(
            sql.Literal(f"[{','.join(some)}]"), sql.SQL(where.relation), typed_key(where, "n.key"), same_row(where)
        )  # fmt: skip
        found += [some[i - 1] for (i,) in conn.execute(query)]
    return found


def typed_key(where: NoteColumn, key: str) -> sql.Composed:
    """A row `k` of this key, which is written in JSON: its values in the types of their columns, be they lists or rows."""
    columns = [sql.Identifier(name) + sql.SQL(f" {kind}") for name, kind, _ in where.matched]
    return sql.SQL("jsonb_to_record({}) as k ({})").format(sql.SQL(key), sql.SQL(", ").join(columns))


def same_row(where: NoteColumn) -> sql.Composed:
    """That a row `t` has the key `k`."""
    tests = []
    for name, _, operator in where.matched:
        value: sql.Composable = sql.SQL("t.") + sql.Identifier(name)
        if name in where.printed:
            value = printed(value, strange=True)
        tests.append(sql.SQL(f"{{}} {operator} k.{{}}").format(value, sql.Identifier(name)))
    return sql.SQL(" and ").join(tests)


def _by_key(conn: Connection, where: NoteColumn, batch: list[tuple[Finding, ...]]) -> list[str | None]:
    # values go in as literals: with parameters, a `%` in a name would be read as a placeholder
    keys = sql.Literal(Jsonb([f[0].row_key for f in batch]))
    query = sql.SQL(
        "select n.i, {} from jsonb_array_elements({}) with ordinality as n (key, i), {}, {} as t where {}"
    ).format(note_of(where), keys, typed_key(where, "n.key"), sql.SQL(where.relation), same_row(where))
    found: dict[int, str | None] = dict(conn.execute(query).fetchall())
    return [found.get(i) for i in range(1, len(batch) + 1)]


def _by_digest(conn: Connection, where: NoteColumn, batch: list[tuple[Finding, ...]]) -> list[str | None]:
    digests = sql.Literal([bytes.fromhex(f[0].note_digest) for f in batch])
    query = sql.SQL(
        "select encode(motjuste.digest({0}), 'hex'), {0} from {1} as t where motjuste.digest({0}) = any ({2})"
    ).format(note_of(where), sql.SQL(where.relation), digests)
    found: dict[str, str | None] = dict(conn.execute(query).fetchall())
    return [found.get(f[0].note_digest) for f in batch]


def statistics(conn: Connection) -> list[tuple[Any, ...]]:
    """Of each rule: rule, category, level, findings, then how many are open, accepted, redacted, tolerated, dismissed, corrected."""
    return conn.execute(assets.query("review_statistics.sql")).fetchall()


def held(conn: Connection, notes: Iterable[tuple[Place, str, str]]) -> list[tuple[Any, ...]]:
    """What is kept on notes, each (place, row key as JSON, digest): place, row key, category, status, day."""
    wanted = ",".join(
        f"[{json.dumps(p.relation)},{json.dumps(p.column)},{json.dumps(p.json_key)},{key},{json.dumps(digest)}]"
        for p, key, digest in notes
    )
    rows = conn.execute(assets.query("held.sql"), {"notes": f"[{wanted}]"}).fetchall()
    return [(Place(*row[:3]), *row[3:]) for row in rows]
