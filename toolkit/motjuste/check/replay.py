"""Running files through the model: texts in, the session with all that was seen out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from motjuste.check import ignores
from motjuste.check.builtins import Builtins
from motjuste.check.catalogue import Place
from motjuste.check.layout import up_parts
from motjuste.check.lexer import Piece, split
from motjuste.check.psql import INCLUDES
from motjuste.check.session import Session
from motjuste.check.statements import Runner

# What the platform has made before the first migration runs.
SUPABASE = """
create schema auth; create schema storage; create schema extensions; create schema realtime; create schema vault;
create schema graphql_public; create schema graphql;
create table auth.users (id uuid primary key, email varchar(255), raw_user_meta_data jsonb, created_at timestamptz);
create table storage.buckets (id text primary key, name text);
create table storage.objects (id uuid primary key, bucket_id text, name text, owner uuid);
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
create function auth.role() returns text language sql stable as 'select null::text';
create function auth.email() returns text language sql stable as 'select null::text';
create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb';
create function storage.foldername(name text) returns text[] language sql stable as 'select null::text[]';
create function storage.filename(name text) returns text language sql stable as 'select null::text';
create function storage.extension(name text) returns text language sql stable as 'select null::text';
"""
PLATFORM = "supabase"


@dataclass(frozen=True)
class Source:
    """A migration: its name as a person gave it, and its text."""

    name: str
    text: str


@dataclass
class Replayed:
    """What a replay leaves: the session, the ignore comments, and the pieces of each file for those who run them."""

    session: Session
    ignores: list[ignores.Ignore] = field(default_factory=list)
    pieces: dict[str, list[tuple[str, Piece]]] = field(default_factory=dict)


Include = Callable[[str, str], Source | None]


def pieces_of(
    source: Source, include: Include | None = None, within: tuple[str, ...] = ()
) -> list[tuple[str, Piece]]:
    """(file, piece) of the parts of a file that go up, with what \\i and \\ir bring in its place."""
    found: list[tuple[str, Piece]] = []
    for text, first in up_parts(source.text):
        for piece in split(text, first):
            name = _included(piece)
            inner = include(source.name, name) if name and include else None
            if inner is None or inner.name in (*within, source.name):
                found.append((source.name, piece))
            else:
                found += pieces_of(inner, include, (*within, source.name))
    return found


def _included(piece: Piece) -> str:
    command, _, rest = piece.text.partition(" ")
    return rest.strip().strip("'\"") if piece.kind == "meta" and command in INCLUDES else ""


def platform_of(sources: Sequence[Source], tools: Sequence[str] = ()) -> list[Source]:
    """What a platform made before the first of these migrations runs: Supabase's schemas, where they are named."""
    named = any(
        "auth.users" in s.text or "auth.uid()" in s.text or "storage.buckets" in s.text for s in sources
    )
    made = any(
        re.search(r"create\s+schema\s+(?:if\s+not\s+exists\s+)?\"?auth\b", s.text, re.IGNORECASE)
        for s in sources
    )
    return [Source(PLATFORM, SUPABASE)] if ("supabase" in tools or named) and not made else []


def replay(
    sources: Sequence[Source],
    builtins: str,
    *,
    include: Include | None = None,
    tools: Sequence[str] = (),
    wrapped: bool = False,
) -> Replayed:
    """Replay files in this order.

    `builtins` is the text of sql/check/builtins.tsv; `include` reads what \\i names; `tools` are those whose files these
    are; `wrapped`: their tool runs each file in a transaction.
    """
    session = Session(Builtins(builtins), wrapped=wrapped)
    found = Replayed(session)
    runner = Runner(session)
    for platform in platform_of(sources, tools):
        found.pieces[PLATFORM] = pieces_of(platform)
        runner.run_all(found.pieces[PLATFORM])
        for relation in session.catalogue.relations.values():
            relation.extension = PLATFORM
    session.counts.clear()
    for source in sources:
        pieces = found.pieces[source.name] = pieces_of(source, include)
        found.ignores += ignores.find(source.name, source.text, [p for f, p in pieces if f == source.name])
        if not pieces:
            session.place, session.last = Place(source.name, 1), 1
            session.note(
                "the file is empty" if not source.text.strip() else "no statement in it", what="file"
            )
        runner.run_all(pieces)
    return found


def included(text: str) -> list[str]:
    """The names of the files that a file runs with \\i and \\ir."""
    return [
        m[1].strip("'\"")
        for m in re.finditer(r"^[ \t]*\\(?:i|ir|include|include_relative)[ \t]+(\S+)", text, re.MULTILINE)
    ]
