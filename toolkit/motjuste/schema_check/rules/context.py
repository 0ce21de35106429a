"""What a rule is given, and how a rule says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from inspect import cleandoc
from typing import NamedTuple

from motjuste.config import Config
from motjuste.migration.quote import literal
from motjuste.officer.report import Problem, RuleInfo, Severity
from motjuste.schema_check.catalogue import Column as Made
from motjuste.schema_check.catalogue import Place, Relation
from motjuste.schema_check.coverage import Coverage
from motjuste.schema_check.ignores import Ignore
from motjuste.schema_check.rules import lineage
from motjuste.schema_check.seen import Seen
from motjuste.schema_check.session import Session

TAKEN_FROM = ("like", "inherits", "copy", "detached")


@dataclass(frozen=True)
class Before:
    """What held at the revision that a change is compared with; `now` is the policy's file as it is."""

    config: Config
    now: Config
    covered: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Context:
    """One check: the replay, the columns with their scores, what covers them, and the policy with its lines."""

    session: Session
    columns: Sequence[Seen]
    coverage: Coverage
    config: Config
    texts: Mapping[str, str]
    today: date
    min_score: int
    strict: bool = False
    policy_name: str = "motjuste.toml"
    policy_lines: Mapping[tuple[str, int], int] = field(default_factory=dict)
    ignores: Sequence[Ignore] = ()
    before: Before | None = None
    # label -> the comment that left a problem of it out
    ignored: dict[str, Ignore] = field(default_factory=dict)

    def state(self, seen: Seen) -> str:
        """What a person is told of a column: watched, exempt, ignored, or nothing of these."""
        ignore = None if self.coverage.covers(seen) else self.ignored.get(seen.label)
        return f"ignored ({ignore.reason})" if ignore else self.coverage.state(seen)

    @property
    def section(self) -> str:
        """What stands before the name of a section of the policy file."""
        return "tool.motjuste." if self.policy_name.endswith("pyproject.toml") else ""

    @cached_property
    def by_label(self) -> dict[str, Seen]:
        """The columns by the name that SQL reads."""
        return {s.label: s for s in self.columns}

    @cached_property
    def watched(self) -> list[Seen]:
        """The columns that are watched."""
        return [s for s in self.columns if s.label in self.coverage.watched]

    @cached_property
    def left_behind(self) -> dict[str, tuple[str, Place]]:
        """Label of a column now -> (label that the policy still names, place of the last rename)."""
        return lineage.left_behind(self)

    @cached_property
    def of_made(self) -> dict[int, Seen]:
        """The columns by the identity that the model gives them."""
        return {id(s.made): s for s in self.columns if s.made is not None}

    @cached_property
    def comment_like(self) -> list[Seen]:
        """The columns that hold notes by their score."""
        return [s for s in self.columns if s.judged and s.column.score >= self.min_score]

    @cached_property
    def uncovered(self) -> list[Seen]:
        """The comment-like columns that nothing covers."""
        return [s for s in self.comment_like if not self.coverage.covers(s)]

    @cached_property
    def histories(self) -> dict[str, Seen]:
        """Label -> the watched column that it is a history of, for what triggers or names show to be one."""
        return lineage.histories(self)

    def takes(self, seen: Seen) -> bool:
        """Whether a column was made, or filled, of what other columns hold."""
        return seen.made is not None and (seen.made.origin in TAKEN_FROM or seen.made.filled is not None)

    def source(self, seen: Seen) -> Seen | None:
        """The watched column that this one is a copy of."""
        asked: list[Made] = [*_shown(seen.made)] if seen.made else []
        for made in asked:  # those that it is made of, the nearest first
            found = self.of_made.get(id(made))
            if found is not None and found.label in self.coverage.watched:
                return found
            if len(asked) < 500:
                asked += [m for m in _shown(made) if m not in asked]
        return None

    def relation(self, seen: Seen) -> Relation | None:
        """The relation of a column in the model."""
        key = (seen.column.schema, seen.column.table)
        found = [r for c in self.session.databases if (r := c.relations.get(key)) is not None]
        return next((r for r in found if seen.made in r.columns), found[0] if found else None)

    def policy_place(self, kind: str, index: int) -> Place:
        """The line of the policy file on which an entry begins."""
        return Place(self.policy_name, self.policy_lines.get((kind, index), 1))


class Found(NamedTuple):
    """What a rule found: where, what is said, what to do about it, and what it is about; see `Problem`."""

    place: Place
    message: str
    help: str
    subject: str
    severity: Severity = "error"
    last: int = 0
    cause: str = ""


Check = Callable[[Context], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """A rule of the check: its name is that of its function, its page the function's docstring."""

    check: Check

    @property
    def id(self) -> str:
        """The name for a person."""
        return self.check.__name__.replace("_", "-")

    @property
    def page(self) -> str:
        """What, why, bad and better."""
        return cleandoc(self.check.__doc__ or "")

    @property
    def info(self) -> RuleInfo:
        """The rule for a report."""
        return RuleInfo(self.id, self.page.splitlines()[0].rstrip("."), self.page)


def problem(
    rule: str,
    place: Place,
    message: str,
    help_: str = "",
    subject: str = "",
    severity: Severity = "error",
    last: int = 0,
    cause: str = "",
) -> Problem:
    """A problem at a place."""
    return Problem(rule, severity, place.file, place.line, message, help_, subject, last, cause)


def uncovered(seen: Seen, context: Context, message: str) -> Found:
    """A column that nothing covers, with the lines that settle it."""
    return Found(seen.place, message, watch_or_exempt(seen, context), seen.label)


def attach_line(seen: Seen, mode: str) -> str:
    """The line that watches a column from a migration."""
    return f"select motjuste.attach({literal(seen.relation)}, {literal(seen.column.name)}, {literal(mode)});"


def watch_or_exempt(seen: Seen, context: Context) -> str:
    """The exact lines that settle an uncovered column: watch it, or say why not. No trigger watches xml: it is scanned."""
    watch = (
        "no trigger can watch xml: store text, or leave it to `motjuste scan`\n"
        if seen.column.kind == "xml"
        else f"add to a migration: {attach_line(seen, context.config.mode)}\n"
        f"or to {context.policy_name}:\n{toml_watch(seen, context)}\n"
    )
    return f"{watch}or exempt it there:\n{toml_exempt(seen, context)}"


def toml_text(text: str) -> str:
    """A text between the quotes of TOML."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)


def toml_watch(seen: Seen, context: Context) -> str:
    """The [[watch]] entry of a column, to be pasted into the policy as it stands."""
    key = '\njson_key = "..."' if seen.column.kind in ("json", "jsonb") else ""
    relation, column = toml_text(seen.relation), toml_text(seen.column.name)
    return f'[[{context.section}watch]]\nrelation = "{relation}"\ncolumn = "{column}"{key}'


def toml_exempt(seen: Seen, context: Context) -> str:
    """The [[exempt]] entry of a column, whose reason and owner a person fills in."""
    until = context.today.replace(year=context.today.year + 1, day=min(context.today.day, 28))
    column = toml_text(seen.label)
    return f'[[{context.section}exempt]]\ncolumn = "{column}"\nreason = "..."\nowner = "..."\nuntil = {until}'


def what(seen: Seen) -> str:
    """The column for a message: its name, type and score."""
    return f"{seen.label} ({seen.type}, score {seen.column.score}: {', '.join(seen.column.reasons)})"


def _shown(made: Made) -> tuple[Made, ...]:
    """The columns whose text a column takes over: the one that it repeats, or those in its expression."""
    return (*([made.source] if made.source else ()), *made.texts)
