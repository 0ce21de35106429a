"""psql's own commands in a file: which change nothing, and which run what is not seen."""

from __future__ import annotations

from motjuste.schema_check.session import Session

INCLUDES = ("\\i", "\\ir", "\\include", "\\include_relative")
_HARMLESS = frozenset((
    "\\echo", "\\set", "\\unset", "\\pset", "\\timing", "\\encoding", "\\qecho", "\\warn", "\\restrict", "\\unrestrict",
    "\\q", "\\quit", "\\d", "\\dt", "\\d+", "\\l", "\\dn", "\\du", "\\x", "\\t", "\\a", "\\o", "\\out", "\\p", "\\prompt",
    "\\conninfo", "\\r", "\\reset", "\\copy", "\\cd", "\\getenv", "\\setenv", "\\df", "\\dv", "\\di", "\\errverbose", "\\.",
    "\\copyright", "\\h", "\\help", "\\?", "\\password", "\\dx", "\\dT", "\\z", "\\dp", "\\w", "\\write",
))  # fmt: skip


def meta(s: Session, command: str) -> None:
    """A psql command: most change nothing; those that run what we do not see are noted."""
    words = command.split()
    name = words[0]
    if name in ("\\if", "\\elif", "\\else", "\\endif"):
        if name == "\\if":
            s.note("psql decides with \\if whether what follows runs; it is taken as run", what="\\if")
    elif name in ("\\connect", "\\c"):
        had = any(r.schema not in ("pg_catalog",) for r in s.catalogue.relations.values())
        s.connect()
        if had and words[1:2] not in ([], ["-"]):  # as another user: the same database
            s.note(f"{name} goes to another database; what follows is taken as of the same", what=name)
    elif name in INCLUDES:
        s.note(f"{' '.join(words[1:])} is not there, or includes itself", what=name)
    elif name not in _HARMLESS:
        s.note("a psql command that is not followed", what=name)
