"""Gives the digests of notes a new key, or matches findings with their notes again after the key was lost.

Which old digest is which new one is noted part by part while the notes are read, in `motjuste.rekey`, with the new key beside the
old one: what is interrupted goes on. Then all changes in one transaction.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing

from motjuste import assets
from motjuste.db import reading, trust
from motjuste.db.connection import Connection, connect, first_line
from motjuste.db.patience import give_way
from motjuste.engine.matcher import Matcher
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.model import Edit
from motjuste.notes import editing
from motjuste.notes.digest import note_digest
from motjuste.notes.keyed import MARK, pads
from motjuste.scanning.scan import NO_KEY, Place, Row, Scope, Source, decoded

Pairs = list[tuple[bytes, bytes]]


def is_lost(conn: Connection) -> bool:
    """Whether the findings were made with another key than the one that is there, as after a restore without it."""
    row = conn.execute(assets.query("key_mark.sql")).fetchone()
    if row is None:
        raise DatabaseError("motjuste.secret is empty", hint="run `motjuste install` first: it makes a key")
    key, mark = row
    return not hmac.compare_digest(note_digest(bytes(key), MARK), bytes(mark))


def prepare(dsn: str | None, matcher: Matcher) -> tuple[bool, tuple[str, ...]]:
    """Note which old digest is which new one, part by part; whether the key was lost, and what could not be read.

    Run again, it goes on where it was interrupted.
    """
    unread: list[str] = []
    with connect(dsn) as conn, connect(dsn) as reader:
        lost = is_lost(conn)
        [(old, new)] = conn.execute(
            assets.query("key_next.sql"), {"key": None if lost else secrets.token_bytes(32)}
        ).fetchall()
        reading.prepare(reader)
        places = [Place(*row) for row in conn.execute(assets.query("key_places.sql")).fetchall()]
        for place in places:
            try:
                for rows in _parts(reader, place):
                    pairs = (
                        _recognised(conn, place, rows, bytes(old), matcher)
                        if lost
                        else _translated(conn, place, rows, bytes(old), bytes(new))
                    )
                    with conn.cursor() as cursor:
                        cursor.executemany(
                            "insert into motjuste.rekey (old_digest, new_digest) values (%s, %s) on conflict do nothing",
                            pairs,
                        )
            except MotjusteError as exc:
                unread.append(f"{place.label} ({exc.message})")
            except reader.Error as exc:
                if reader.closed or conn.closed:
                    raise
                unread.append(f"{place.label} ({first_line(exc)})")
    return lost, tuple(unread)


def finish(conn: Connection, *, lock_timeout: str, dry_run: bool = False) -> tuple[int, int]:
    """Give the findings their new digests and the database its new key, in one transaction: how many, and how many are left."""
    with conn.transaction(force_rollback=dry_run):
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        conn.execute(
            "lock table motjuste.finding, motjuste.decision, motjuste.sample_note in share row exclusive mode"
        )
        give_way(conn)
        row = conn.execute("select key, coalesce(next_key, key) from motjuste.secret").fetchone()
        if row is None:
            raise DatabaseError(
                "motjuste.secret is empty", hint="run `motjuste install` first: it makes a key"
            )
        key = bytes(row[1])
        inner, outer = pads(key)
        lost = is_lost(conn)
        [(left,)] = conn.execute(assets.query("key_left.sql"), {"lost": lost}).fetchall()
        conn.execute(assets.query("key_reopen.sql"))
        conn.execute(assets.query("key_twins.sql"))
        [(done,)] = conn.execute(assets.query("key_swap.sql"), {"lost": lost}).fetchall()
        conn.execute(
            assets.query("key_store.sql"),
            {"key": key, "inner": inner, "outer": outer, "mark": note_digest(key, MARK)},
        )
        conn.execute("truncate motjuste.rekey")
        # known by digests that nobody can translate: the second reader reads again
        conn.execute("delete from motjuste.second_opinion")
    return done, left


def _parts(conn: Connection, place: Place) -> Iterator[list[Row]]:
    """The rows of a column that have a note, a part of its tables at a time, each in a transaction of its own."""
    found = reading.source(conn, place)
    source = Source(place, found.keys, strange=found.strange)
    query = reading.Query(source, Scope(), 0)
    for part in reading.parts(reading.leaves(conn, place.relation), place.relation, 0, 0, Scope()):
        with conn.transaction():
            trust.require_read(conn, place.relation)
            with closing(reading.stream(conn, query.rows(part))) as rows:
                yield [row for row in rows if row.note]


def _translated(conn: Connection, place: Place, rows: Sequence[Row], old: bytes, new: bytes) -> Pairs:
    """The digests under both keys of the notes that some finding or sample knows."""
    notes = [decoded(row.note)[0] for row in rows if row.note]
    digests = {note_digest(old, note): note for note in notes}
    known = conn.execute(assets.query("key_known.sql"), {"digests": list(digests)}).fetchall()
    texts = {digest: digests[digest] for (digest,) in known}
    return [
        *_written(conn, texts, new),
        *((digest, note_digest(new, note)) for digest, note in texts.items()),
    ]


def _recognised(conn: Connection, place: Place, rows: Sequence[Row], key: bytes, matcher: Matcher) -> Pairs:
    """The digests of notes that are held to be the ones found: same row, and each finding of the rules of today still there."""
    names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
    notes = {row.key: decoded(row.note)[0] for row in rows if row.note and row.key != NO_KEY}
    rules = {rule.id for rule in matcher.pack.rules}
    wanted: dict[tuple[str, bytes], set[tuple[str, int, int]]] = {}
    for row_key, digest, rule, start, length in conn.execute(
        assets.query("key_findings.sql"), names | {"row_keys": list(notes)}
    ).fetchall():
        if rule in rules:
            wanted.setdefault((row_key, bytes(digest)), set()).add((rule, start, length))
    pairs: Pairs = []
    texts: dict[bytes, str] = {}
    for row_key in {k: None for k, _ in wanted}:
        note = notes[row_key]
        matches = {(m.rule, m.start, m.length) for m in matcher.find(note)}
        new = note_digest(key, note)
        for (k, digest), found in wanted.items():
            if k == row_key and digest != new and found <= matches:
                pairs.append((digest, new))
                texts[digest] = note
    return [*_written(conn, texts, key), *pairs]


def _written(conn: Connection, texts: dict[bytes, str], new: bytes) -> Pairs:
    """The digests of what these notes are to become, those of before and those under the key `new`."""
    found = conn.execute(assets.query("key_edits.sql"), {"digests": list(texts)}).fetchall()
    return [
        (after, note_digest(new, editing.apply(texts[digest], [Edit(*e) for e in edits])))
        for digest, after, edits in found
    ]
