"""SET, RESET and set_config: the search path, the role, and session_replication_role."""

from __future__ import annotations

from motjuste.schema_check.cursor import Cursor
from motjuste.schema_check.session import Session


def set_variable(s: Session, c: Cursor) -> None:
    """SET [SESSION | LOCAL]: the search path, the role and session_replication_role."""
    scope = c.any_of("session", "local")
    if c.take("schema"):
        _set_path(s, (c.string(),), local=scope == "local")
        return
    if c.any_of("role", "authorization"):
        c.any_of("to", "=")
        name = c.next().value
        s.role = "" if name in ("none", "default") else name
        return
    name = ".".join(c.dotted()) if c.is_name() else ""
    if not c.any_of("to", "="):
        return
    if name == "search_path":
        given = tuple(t.value for t in c.tail().tokens if t.raw != ",")
        _set_path(s, s.database_path if c.sees("default") else given, local=scope == "local")
    elif name == "session_replication_role":
        s.event("replica", detail=c.next().value.lower())


def _set_path(s: Session, path: tuple[str, ...], *, local: bool) -> None:
    cleaned = tuple(p for p in path if p)
    if local:
        if not (s.in_transaction or s.wrapped):
            return  # the server warns, and sets nothing
        s.local_path = cleaned
    else:
        s.path, s.local_path = cleaned, None


def set_config(s: Session, value: str, *, local: bool) -> None:
    """set_config('search_path', value, local)."""
    _set_path(s, tuple(p.strip().strip('"') for p in value.split(",")), local=local)


def reset(s: Session, c: Cursor) -> None:
    """RESET and DISCARD."""
    what = c.next().value
    if what in ("search_path", "all"):
        s.path, s.local_path = s.database_path, None
    if what in ("session_replication_role", "all"):
        s.event("replica", detail="origin")
    if what == "role":
        s.role = ""
