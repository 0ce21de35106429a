"""Rules about what the check could not look into, and about redactions that were altered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from motjuste.check.catalogue import Place
from motjuste.check.rules.context import Context, problem
from motjuste.report import Problem

_HEADER = re.compile(
    r"\A-- (?P<name>[^\n]*): redaction of (?P<count>\d+) note\(s\), written by motjuste", re.MULTILINE
)
_DIGEST = re.compile(r"'\\x([0-9a-f]{64})'")


def statement_not_analysed(context: Context) -> Iterator[Problem]:
    """A statement was not analysed, in full or in part.

    What is built while it runs (EXECUTE, a loop in a DO block), what only another server knows, what is not
    PostgreSQL's grammar: a column may be opened there that this check does not see. A warning, an error with --strict;
    an error too where PostgreSQL would refuse the statement.

    Bad:    do $$ begin execute format('alter table %I add column note text', t); end $$;
    Better: the plain statement; or `motjuste check --embedded`, which runs the migrations and reads the catalog.
    """
    for note in context.session.notes:
        touches = f"; it seems to touch {', '.join(note.touches)}" if note.touches else ""
        severe = context.strict or note.refused
        what = f"{note.what}: " if note.what else ""
        verb = "PostgreSQL would refuse this" if note.refused else "not analysed"
        yield problem(
            "statement-not-analysed",
            note.place,
            f"{verb}: {what}{note.why}{touches}",
            "mend the statement or the order of the files"
            if note.refused
            else "write it as a plain statement, or check with --embedded, which runs the migrations",
            ", ".join(note.touches),
            "error" if severe else "warning",
            note.last,
        )


def redaction_altered(context: Context) -> Iterator[Problem]:
    """A redaction migration is not the one that was reviewed.

    `motjuste migrate plan` writes deploy.sql and verify.sql from reviewed decisions, each note with its keyed digest.
    A row added, taken away or changed by hand redacts what nobody reviewed.

    Bad:    deploy.sql edited after `motjuste migrate plan`
    Better: review again, and write the plan again from the decisions.
    """
    help_ = "write it again: motjuste migrate plan DECISIONS --output DIR"
    for name, text in context.texts.items():
        header = _HEADER.match(text[:2000])
        if header is None:
            continue
        before = context.before.texts.get(name) if context.before else None
        if before is not None and before != text:
            line = next(
                (
                    i
                    for i, (a, b) in enumerate(zip(before.split("\n"), text.split("\n"), strict=False), 1)
                    if a != b
                ),
                1,
            )
            yield problem(
                "redaction-altered",
                Place(name, line),
                "this redaction differs from the one that was merged",
                help_,
                name,
            )
            continue
        digests = [m[1] for m in _DIGEST.finditer(text)]
        count = int(header["count"])
        rows = len(digests) // 2 if name.endswith("deploy.sql") else len(digests)
        if digests and rows != count:
            yield problem(
                "redaction-altered",
                Place(name, 1),
                f"its header says {count} note(s), it holds {rows}",
                help_,
                name,
            )
        sibling = re.sub(r"deploy\.sql$", "verify.sql", name)
        other = context.texts.get(sibling) if sibling != name else None
        if other is not None and set(digests[::2]) != {m[1] for m in _DIGEST.finditer(other)}:
            yield problem(
                "redaction-altered",
                Place(name, 1),
                "deploy.sql and verify.sql are not about the same notes",
                help_,
                name,
            )
