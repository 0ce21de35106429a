"""Rules about what the check could not look into, and about redactions that were altered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from motjuste.migration import seal
from motjuste.officer.report import Severity
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.rules.context import Context, Found
from motjuste.schema_check.session import Note


def statement_not_analysed(context: Context) -> Iterator[Found]:
    """A statement was not analysed, in full or in part.

    What is built while it runs (EXECUTE, a loop in a DO block), what only another server knows, what is not
    PostgreSQL's grammar: a column may be opened there that this check does not see. A warning, an error with --strict;
    an error too where PostgreSQL would refuse the statement.

    Bad:    do $$ begin execute format('alter table %I add column note text', t); end $$;
    Better: the plain statement; or `motjuste check --embedded`, which runs the migrations and reads the catalog.
    """
    for note in context.session.notes:
        verb = "PostgreSQL would refuse this" if note.refused else "not analysed"
        cause = f"{verb}: {note.what}{': ' if note.what else ''}{note.why}"
        touched = ", ".join(note.touches)
        said = f"{cause}; it seems to touch {touched}" if touched else cause
        help_ = _help(note, context.section, context.policy_name)
        severity: Severity = "error" if context.strict or note.refused else "warning"
        yield Found(note.place, said, help_, touched, severity, note.last, cause)


def _help(note: Note, section: str, policy: str) -> str:
    if note.refused:
        return "mend the statement or the order of the files"
    if note.unset:
        given = " ".join(f"--set {name}=..." for name in note.unset[:5])
        return f"say what it stands for: {given}, or under [{section}check.variables] of {policy}"
    return "write it as a plain statement, or check with --embedded, which runs the migrations"


def redaction_altered(context: Context) -> Iterator[Found]:
    """A redaction migration is not the one that was reviewed.

    `motjuste migrate plan` writes its files from reviewed decisions and seals each: the last line is the SHA-256 of those
    before it. A row added, taken away or changed by hand redacts what nobody reviewed.

    Bad:    deploy.sql edited after `motjuste migrate plan`
    Better: review again, and write the plan again from the decisions.
    """
    for name, text in context.texts.items():
        about = seal.about(text)
        if about is None:
            continue
        before = context.before.texts.get(name) if context.before else None
        line, said = 1, ""
        if before is not None and before != text:
            pairs = zip(before.split("\n"), text.split("\n"), strict=False)
            line = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 1)
            said = "this redaction differs from the one that was merged"
        elif broken := seal.broken(text):
            said = f"this redaction was altered after its review: {broken}"
        else:
            other = context.texts.get(re.sub(r"(?:^|(?<=/))deploy(\.sql$|/)", r"verify\1", name))
            if other is not None and seal.about(other) != about:
                said = "deploy and verify are not of the same plan"
        if said:
            help_ = "write it again: motjuste migrate plan DECISIONS --output DIR"
            last = text.count("\n") + 1
            yield Found(Place(name, line), said, help_, name, last=last)
