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
from motjuste.check.session import Session
from motjuste.check.statements import Runner

# What the platform has made before the first migration runs.
SUPABASE = """
create schema auth; create schema storage; create schema extensions; create schema realtime; create schema vault;
create schema graphql_public; create schema graphql;
create table auth.users (id uuid primary key, email varchar(255), raw_user_meta_data jsonb, created_at timestamptz);
create table storage.buckets (id text primary key, name text);
create table storage.objects (id uuid primary key, bucket_id text, name text, owner uuid);
"""
PLATFORM = ("auth", "storage", "extensions", "realtime", "vault", "graphql_public", "graphql")


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
    pieces: dict[str, list[Piece]] = field(default_factory=dict)


Include = Callable[[str, str], Source | None]


def pieces_of(source: Source) -> list[Piece]:
    """The statements of the parts of a file that go up."""
    return [piece for text, first in up_parts(source.text) for piece in split(text, first)]


def replay(sources: Sequence[Source], builtins: str, *, include: Include | None = None, tool: str = "") -> Replayed:
    """Replay files in this order. `builtins` is the text of sql/check/builtins.tsv; `include` reads what \\i names."""
    session = Session(Builtins(builtins))
    found = Replayed(session)
    runner = Runner(session, include)
    if tool == "supabase":
        runner.run_all("", list(split(SUPABASE)))
        for relation in session.catalogue.relations.values():
            relation.extension = "supabase"
        session.counts.clear()
    for source in sources:
        pieces = pieces_of(source)
        found.pieces[source.name] = pieces
        found.ignores += ignores.find(source.name, source.text, pieces)
        if not pieces:
            why = "the file is empty" if not source.text.strip() else "no statement in it"
            session.place, session.last = Place(source.name, 1), 1
            session.note(why, what="file")
        runner.run_all(source.name, pieces)
    return found


def included(text: str) -> list[str]:
    """The names of the files that a file runs with \\i and \\ir."""
    return [m[1].strip("'\"") for m in re.finditer(r"^[ \t]*\\(?:i|ir|include|include_relative)[ \t]+(\S+)", text, re.MULTILINE)]
