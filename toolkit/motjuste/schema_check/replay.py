"""Running files through the model: texts in, the session with all that was seen out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from motjuste.schema_check import ignores
from motjuste.schema_check.budget import FOLLOWED, INCLUDED, OverBudget
from motjuste.schema_check.builtins import Builtins
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.layout import delimited, up_parts
from motjuste.schema_check.lexer import Piece, split
from motjuste.schema_check.psql import INCLUDES
from motjuste.schema_check.session import Note, Session
from motjuste.schema_check.statements import Runner
from motjuste.schema_check.variables import TooLarge, Variables

PLATFORM = "supabase"


@dataclass(frozen=True)
class Source:
    """A migration: its name as a person gave it, its text, and the database that it is of where there are several."""

    name: str
    text: str
    database: str = ""


@dataclass
class Replayed:
    """What a replay leaves: the session, the ignore comments, and the pieces of each file for those who run them.

    `databases`: the files of each database, by its name; the catalogues are the session's, in the same order.
    """

    session: Session
    ignores: list[ignores.Ignore] = field(default_factory=list)
    pieces: dict[str, list[tuple[str, Piece]]] = field(default_factory=dict)
    databases: dict[str, list[str]] = field(default_factory=dict)


Include = Callable[[str, str], Source | None]


def pieces_of(
    source: Source,
    include: Include | None = None,
    within: tuple[str, ...] = (),
    variables: Variables | None = None,
) -> list[tuple[str, Piece]]:
    """(file, piece) of the parts of a file that go up, as psql reads them: with its variables, and \\i and \\ir in place."""
    found: list[tuple[str, Piece]] = []
    variables = variables or Variables()
    line = 0
    try:
        for text, first in up_parts(delimited(variables.placed(source.text))):
            for written in split(text, first):
                line = written.line
                if written.kind == "deep":
                    raise OverBudget(source.name, line, written.text)
                piece = variables.seen(written)
                if piece is None:
                    continue
                name = _included(piece)
                inner = include(source.name, name) if name and include else None
                if inner is None or inner.name in (*within, source.name):
                    found.append((source.name, piece))
                    continue
                variables.included += 1
                if variables.included > FOLLOWED or len(within) >= INCLUDED:
                    raise TooLarge(f"more than {FOLLOWED} includes, or {INCLUDED} inside each other")
                found += pieces_of(inner, include, (*within, source.name), variables)
    except TooLarge as exc:
        raise OverBudget(source.name, line, str(exc)) from exc
    return found


def _included(piece: Piece) -> str:
    command, _, rest = piece.text.partition(" ")
    return rest.strip().strip("'\"") if piece.kind == "meta" and command in INCLUDES else ""


_NAMES_PLATFORM = re.compile(r"\bauth\.(?:users|uid\(\)|jwt\(\))|\bstorage\.buckets\b|\bsupabase_realtime\b")
_MAKES_PLATFORM = re.compile(
    r"create\s+schema\s+\"?auth\b|create\s+table\s+(?:if\s+not\s+exists\s+)?\"?auth\"?\s*\.\s*\"?users\b",
    re.IGNORECASE,
)


def on_platform(sources: Sequence[Source], tools: Sequence[str] = ()) -> bool:
    """Whether these files build on what Supabase made before them."""
    named = "supabase" in tools or any(_NAMES_PLATFORM.search(s.text) for s in sources)
    return named and not any(_MAKES_PLATFORM.search(s.text) for s in sources)


def replay(
    sources: Sequence[Source],
    builtins: str,
    *,
    platform: str = "",
    include: Include | None = None,
    tools: Sequence[str] = (),
    wrapped: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
    begins: Callable[[str], None] = lambda _: None,
) -> Replayed:
    """Replay files in this order.

    `builtins` is the text of sql/check/builtins.tsv, `platform` that of supabase.sql beside it; `include` reads what \\i names; `tools` are those whose files these
    are; `wrapped`: their tool runs each file in a transaction; `variables` are set in each file; `begins` is told of each file before it is read.
    Raises OverBudget where a file asks for more than a check may cost.
    """
    session = Session(Builtins(builtins), wrapped=wrapped)
    found = Replayed(session)
    on_it = pieces_of(Source(PLATFORM, platform)) if platform and on_platform(sources, tools) else []
    for database in dict.fromkeys(s.database for s in sources) or [""]:
        runner = Runner(session)
        names = found.databases[database] = []
        if database:
            session.other_database()
        if on_it:
            found.pieces[PLATFORM] = on_it
            names.append(PLATFORM)
            runner.run_all(on_it)
            for relation in session.catalogue.relations.values():
                relation.extension = PLATFORM
            if not database:
                session.counts.clear()
        for source in sources:
            if source.database == database:
                begins(source.name)
                names.append(source.name)
                pieces = pieces_of(source, include, variables=Variables(dict(variables)))
                found.pieces[source.name] = pieces
                _run(source, pieces, found, runner)
    session.catalogue = session.databases[0]
    return found


def _run(source: Source, pieces: list[tuple[str, Piece]], found: Replayed, runner: Runner) -> None:
    session = found.session
    session.steps = 0
    found.ignores += ignores.find(source.name, source.text, [p for f, p in pieces if f == source.name])
    if not pieces:
        session.place, session.last = Place(source.name, 1), 1
        session.note("the file is empty" if not source.text.strip() else "no statement in it", what="file")
    first = len(session.notes)
    runner.run_all(pieces)
    session.notes[first:] = _of_dialect(source, session.notes[first:])


# What a file of another database holds, each mark at the beginning of a line or where no text of PostgreSQL has it.
_DIALECTS = (
    ("T-SQL", re.compile(r"^[ \t]*GO[ \t]*;?[ \t]*$|\[dbo\]\s*\.|\bidentity\s*\(\s*\d+\s*,\s*\d+\s*\)", re.I | re.M)),
    ("MySQL", re.compile(r"\bengine\s*=\s*(?:innodb|myisam)\b|\bauto_increment\b|^[ \t]*delimiter[ \t]+\S+[ \t]*$"
                         r"|\b(?:table|into)\s+(?:if\s+not\s+exists\s+)?`", re.I | re.M)),
    ("Oracle's SQL", re.compile(r"\bn?varchar2\s*\(|^/[ \t]*$", re.I | re.M)),
)  # fmt: skip


def _of_dialect(source: Source, notes: list[Note]) -> list[Note]:
    """One note for all of a file that is written for another database; otherwise the notes as they are."""
    own = [n for n in notes if n.place.file == source.name and n.what != "file"]
    # with about as many marks as statements that are not read: one alone stands in a file of PostgreSQL's own, too
    marks = {name: len(mark.findall(source.text)) for name, mark in _DIALECTS} if own else {}
    dialect = next((name for name, count in marks.items() if count * 2 >= max(len(own), 3)), "")
    if not dialect:
        return notes
    touches = tuple(dict.fromkeys(t for n in own for t in n.touches))[:5]
    many = f"{len(own)} statements are" if len(own) > 1 else "its text is"
    why = f"this looks like {dialect}: {many} not read"
    refused = any(n.refused for n in own)
    one = Note(own[0].place, "", why, touches, max(n.last for n in own), refused)
    return [one, *(n for n in notes if n not in own)]


def included(text: str) -> list[str]:
    """The names of the files that a file runs with \\i and \\ir."""
    return [
        m[1].strip("'\"")
        for m in re.finditer(r"^[ \t]*\\(?:i|ir|include|include_relative)[ \t]+(\S+)", text, re.MULTILINE)
    ]
