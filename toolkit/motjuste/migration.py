"""Redaction migrations: from decisions to deploy, verify and revert SQL, guarded by keyed digests.

Values are filled into the templates of migrations/templates in one pass, so that a name or a wording which
looks like a placeholder stays what it is. No value goes inside dollar quotes, which it could close.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from motjuste.decisions import identity
from motjuste.errors import ConfigError, MotjusteError
from motjuste.model import Decision, Edit

ROWS_AN_INSERT = 500
FILES = ("deploy.sql", "verify.sql", "revert.sql")
REDACTED, CLEAN = "redacted", "already clean"

_PLACEHOLDER = re.compile(r"@([a-z_]+)@")
_EACH = re.compile(r"^--\{ each column\n(.*?)^--\} each column\n", re.DOTALL | re.MULTILINE)
_LOCK_TIMEOUT = re.compile(r"^set local lock_timeout = .*;$", re.MULTILINE)


@dataclass(frozen=True)
class NoteColumn:
    """A note column as the catalog has it: `relation` quoted in full, `key` (name, type) in order, `limit` characters."""

    relation: str
    column: str
    json_key: str
    kind: str
    key: tuple[tuple[str, str], ...]
    limit: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one note of a plan: redacted, changed since review, deleted or already clean."""

    place: str
    row_key: str
    outcome: str


@dataclass(frozen=True)
class About:
    """What the header of a migration says of it; `categories` maps a rule to its category."""

    name: str
    pack: str
    version: str
    categories: Mapping[str, str]


def redactions(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that change their note, in the order of the migration."""
    return sorted((d for d in decisions if d.edits), key=identity)


def place(d: Decision) -> tuple[str, str, str]:
    """The column that a decision is about: relation, column, json key."""
    return d.relation, d.column, d.json_key


def plan(
    decisions: Sequence[Decision],
    columns: Mapping[tuple[str, str, str], NoteColumn],
    templates: Mapping[str, str],
    about: About,
) -> dict[str, str]:
    """File name -> text of the migration for these decisions: the same input always gives the same bytes.

    Raises MotjusteError where the key of a row no longer fits the primary key of its table.
    """
    changes = redactions(decisions)
    parts = [
        _part(number, columns[where], list(group))
        for number, (where, group) in enumerate(groupby(changes, key=place), 1)
    ]
    common = {
        "header": _header(changes, about),
        "key": templates["key.sql"].rstrip("\n"),
        "finding_relations": ", ".join(f"({literal(r)})" for r in sorted({d.relation for d in changes})),
        "reason": literal(f"redaction {about.name}"),
    }
    return {name: _file(templates[name], parts, common, whole=name == "deploy.sql") for name in FILES}


def _file(template: str, parts: list[dict[str, Any]], common: Mapping[str, str], *, whole: bool) -> str:
    """A template with its section written once a column; `whole`: the rows with their edits."""
    found = _EACH.search(template)
    if found is None:
        return _fill(template, common)
    sections = "".join(_fill(found[1], part | _inserts(part, whole)) for part in parts)
    return _fill(template[: found.start()], common) + sections + _fill(template[found.end() :], common)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), template)


def ident(name: str) -> str:
    """A name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string quoted for SQL with standard_conforming_strings on."""
    return "'" + text.replace("'", "''") + "'"


def _comment(text: str) -> str:
    """The text on one line: a name with a line break in it must not end its comment."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _header(changes: Sequence[Decision], about: About) -> str:
    lines = [
        f"-- {about.name}: redaction of {len(changes)} note(s), written by motjuste {about.version}",
        f"-- Rules: {about.pack}. Reviewed by: {', '.join(sorted({d.reviewer for d in changes if d.reviewer})) or 'unknown'}.",
    ]
    for where, group in groupby(changes, key=place):
        notes = list(group)
        counts = Counter(
            about.categories.get(v.rule, "unknown rule")
            for d in notes
            for v in d.verdicts
            if v.action in ("accept", "mask")
        )
        said = ", ".join(f"{category} {count}" for category, count in sorted(counts.items()))
        lines.append(f"--   {label(*where)}: {len(notes)} note(s): {said}")
    return "\n".join(_comment(line) for line in lines)


def label(relation: str, column: str, json_key: str) -> str:
    """A column's name for a person."""
    return f"{relation}.{column}" + (f"->>{json_key}" if json_key else "")


def _part(number: int, where: NoteColumn, decisions: list[Decision]) -> dict[str, Any]:
    """The values of one column's section, `rows` and `keys` apart, which become its inserts."""
    names = [f"k{i}" for i in range(1, len(where.key) + 1)]
    same_key = " and ".join(f"t.{ident(k)} = e.{n}" for (k, _), n in zip(where.key, names, strict=True))
    keys = "".join(f"t.{ident(k)} as {n}, " for (k, _), n in zip(where.key, names, strict=True))
    column = f"t.{ident(where.column)}"
    note = f"({column} ->> {literal(where.json_key)})" if where.json_key else f"{column}::text"
    edited = f"pg_temp.motjuste_edited({note}, e.edits)"
    if where.json_key:
        edited = f"jsonb_set({column}::jsonb, array[{literal(where.json_key)}], to_jsonb({edited}))"
        if where.kind == "json":
            edited += "::json"
    pairs = (f"{literal(k)}, e.{n}" for (k, _), n in zip(where.key, names, strict=True))
    # compared as values, in their own type: a time zone writes a key in another way
    findings = (
        f"case when f.relation = {literal(decisions[0].relation)} then (f.row_key ->> {literal(k)})::{kind} end = e.{n}"
        for (k, kind), n in zip(where.key, names, strict=True)
    )
    return {
        "part": number,
        "title": _comment(f"{label(where.relation, where.column, where.json_key)}: {len(decisions)} note(s)"),
        "relation": where.relation,
        "relation_text": literal(where.relation),
        "finding_relation": literal(decisions[0].relation),
        "column": ident(where.column),
        "place": literal(label(where.relation, where.column, where.json_key)),
        "column_text": literal(where.column),
        "json_key": literal(where.json_key),
        "key_select": keys,
        "note": note,
        "new_note": edited,
        "row_key": f"jsonb_build_object({', '.join(pairs)})",
        "same_row": same_key or "true",
        # without a key, each note's digest is computed once, whatever plan the server chooses
        "live": f"{keys}{note} as note" if keys else f"distinct pg_temp.motjuste_digest({note}) as digest",
        "live_digest": "pg_temp.motjuste_digest(l.note)" if keys else "l.digest",
        "row_after": " and ".join(f"l.{n} = e.{n}" for n in names) or "l.digest = e.digest_after",
        "same_finding": " and ".join(findings) or "true",
        # without a key, a note that is gone and one that changed look the same
        "missing": "'deleted'" if same_key else "'changed since review'",
        "rows": [
            (_key_values(where, d), str(i), _bytea(d.note_digest), _bytea(d.digest_after), _edits(d.edits))
            for i, d in enumerate(decisions, 1)
        ],
    }


def _inserts(part: Mapping[str, Any], whole: bool) -> dict[str, str]:
    rows = ["    (" + ", ".join([*keys, n, before, after, edits] if whole else [*keys, before]) + ")"
            for keys, n, before, after, edits in part["rows"]]  # fmt: skip
    statements = (
        f"insert into pg_temp.motjuste_edit_{part['part']} values\n"
        + ",\n".join(rows[i : i + ROWS_AN_INSERT])
        + ";"
        for i in range(0, len(rows), ROWS_AN_INSERT)
    )
    return {"inserts": "\n".join(statements)}


def _key_values(where: NoteColumn, d: Decision) -> list[str]:
    if set(d.row_key) != {name for name, _ in where.key}:
        raise MotjusteError(
            f"the primary key of {where.relation} is ({', '.join(n for n, _ in where.key)}), "
            f"the decision names ({', '.join(sorted(d.row_key))})",
            hint="the key changed since the review: scan and review that table again",
        )
    return [_key_value(where, d.row_key[name]) for name, _ in where.key]


def _key_value(where: NoteColumn, value: Any) -> str:
    if isinstance(value, bool):
        return literal("true" if value else "false")
    if isinstance(value, str | int):
        return literal(str(value))
    raise MotjusteError(
        f"a key of {where.relation} is neither text nor number",
        hint="arrays and composite values as primary keys cannot be addressed",
    )


def _bytea(digest: str) -> str:
    return f"'\\x{digest}'"


def _edits(edits: Sequence[Edit]) -> str:
    # `${` is a placeholder to Flyway, and a line break inside a string trips line-wise tools: JSON escapes both
    return literal(
        json.dumps([[e.start, e.length, e.text] for e in edits], ensure_ascii=False).replace("$", "\\u0024")
    )


def body(script: str, lock_timeout: str = "") -> str:
    """The statements of a deploy or verify file without its psql line and its transaction, for a caller that has its own.

    Raises ConfigError where the file is not one that `plan` wrote.
    """
    head, opening, rest = script.partition("\nbegin;\n")
    inner, closing = rest, ""
    for end in ("\ncommit;\n", "\nrollback;\n"):
        if rest.endswith(end):
            inner, closing = rest.removesuffix(end), end
    if not (opening and closing and head.startswith("-- ")):
        raise ConfigError("this is not a file written by motjuste migrate plan", hint="write the plan again")
    if lock_timeout:
        inner = _LOCK_TIMEOUT.sub(
            lambda _: f"set local lock_timeout = {literal(lock_timeout)};", inner, count=1
        )
    return inner + "\n"
