"""What rewriting knows of a language: the expressions of a pack's `rewriting.toml`, read, checked, and compiled when asked for.

The file holds the words and turns of phrase, the code asks for them by name. A name is one of `Name`; the file may have others
that its expressions are made of (`@name`), and no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, get_args

from motjuste.engine.text import fold
from motjuste.files.lines import Path
from motjuste.model import SLOTS, Pronoun, Rewriting

# The expressions that rewriting asks for; what each is for is said in the file.
Name = Literal[
    "abbreviation_ends", "about_gone", "aim", "and_more", "apposed", "aside", "asking_ends", "asks", "auxiliary", "bare_measure", "cannot", "cause", "complement", "copula", "cut", "decides",
    "deed", "done_by", "expiry", "fact", "filler_word", "finite", "forbids", "governor", "half", "hangs", "hangs_on", "his_object",
    "holder", "introduces", "link", "link_ends", "match_opener", "matter", "may", "measure", "measured", "moment", "more", "no_name", "noun_of",
    "number", "of_place", "of_where", "of_whom", "on_cause", "open_verb", "opener", "participle", "part_ends", "past_deed", "person",
    "pronoun_verb", "quality_word", "reference", "relative", "relative_clause", "reported", "reports", "same_subject", "says", "second_noun", "setting", "small_word",
    "subject", "subject_pronoun", "tail", "tail_past", "tail_present", "tail_past_capitals", "tail_task", "takes_verb", "task", "task_of", "task_when", "tells", "tells_why", "theirs", "then_verb",
    "there", "title_ends", "titled_name", "to_do", "told", "told_it", "unfinished_ends", "vowel", "whence", "will", "with_whom",
    "work",
]  # fmt: skip
# How many groups these have; the others have none.
GROUPS = {
    "done_by": 1, "noun_of": 1, "of_place": 2, "of_where": 2, "of_whom": 1, "subject_pronoun": 1, "tail": 1, "tail_past": 1,
    "tail_past_capitals": 1, "tail_present": 1, "tail_task": 1, "task_of": 1, "reference": 1, "with_whom": 1,
}  # fmt: skip
NONE = Rewriting()
_NAMED = re.compile(r"@([a-z_]+)")
_ENDINGS = re.compile(r"\\\(([^()]*)\\\)")
_WORD = re.compile(r"(?:[^\W_]|[ '*-]|\([^\W_]+(?:\|[^\W_]+)*\))+")
_NEVER = "(?!)"


def read(tables: Mapping[str, Any], add: Callable[[Path, str], None]) -> Rewriting:
    """What the tables of `rewriting.toml` say; `add` is told each problem and the path of the value that has it."""
    if not tables:
        return NONE
    reader = _Reader(tables, add)
    expressions = {
        name: source for table in ("folded", "written") for name, source in reader.expressions(table)
    }
    slots = dict(reader.expressions("slots"))
    for name in sorted(set(get_args(Name)) - expressions.keys()):
        add(("folded",), f"the expression `{name}` is missing")
    for name in sorted(slots.keys() ^ set(SLOTS)):
        add(
            ("slots",),
            f"{'unknown' if name in slots else 'missing'} slot `{name}`; known: {', '.join(SLOTS)}",
        )
    reader.unused()
    return Rewriting(
        expressions,
        slots,
        tuple(reader.pronouns()),
        {fold(k): v for k, v in tables.get("places", {}).items()},
    )


class _Reader:
    """The tables of one file while they are read."""

    def __init__(self, tables: Mapping[str, Any], add: Callable[[Path, str], None]) -> None:
        self._tables = tables
        self._add = add
        self._used: set[str] = set()
        self._lists: dict[tuple[str, bool], str] = {}  # which many expressions name

    def expressions(self, table: str) -> Iterator[tuple[str, str]]:
        """(name, regular expression) of a table, in order."""
        for name, options in self._tables.get(table, {}).items():
            groups = 1 if table == "slots" else GROUPS.get(name, 0)
            asked_for = table == "slots" or name in get_args(Name)
            yield name, self._expression(table, (table, name), options, groups if asked_for else None)

    def _expression(self, table: str, path: Path, options: list[str], groups: int | None = None) -> str:
        """The expression of these options, which is to have so many groups; what is wrong with it is told."""
        source = self._joined(table, options, path, ())
        try:
            found = re.compile(source)
        except re.error as exc:
            self._add(path, f"no regular expression: {exc}")
            return _NEVER
        if groups is not None and found.groups != groups:
            self._add(path, f"takes {groups} group(s) in plain brackets, not {found.groups}")
        if table != "written" and fold(plain := re.sub(r"\\.", "", source)) != plain:
            self._add(path, "is for folded text: small letters without accents")
        return f"(?i){source}" if table == "written" else source

    def pronouns(self) -> Iterator[Pronoun]:
        for n, raw in enumerate(self._tables.get("pronoun", [])):
            at: Path = ("pronoun", n)
            if not raw.get("subject") or not raw.get("names"):
                self._add(at, "a pronoun has a `subject` and `names`")
                continue
            names, whom = (self._expression("folded", (*at, f), raw.get(f, [])) for f in ("names", "whom"))
            yield Pronoun(
                raw["subject"], names, whom, *(raw.get(f, "") for f in ("object", "article", "elided"))
            )

    def unused(self) -> None:
        """Tell the names that neither the code nor another expression asks for: most often they are misspelt."""
        for table in ("words", "folded", "written"):
            for name in self._tables.get(table, {}):
                if name not in self._used and (table == "words" or name not in get_args(Name)):
                    self._add((table, name), f"nothing asks for `{name}`")

    def _joined(self, table: str, options: list[str], path: Path, inside: tuple[str, ...]) -> str:
        return "|".join(_NAMED.sub(lambda m: self._named(m[1], table, path, inside), o) for o in options)

    def _named(self, name: str, table: str, path: Path, inside: tuple[str, ...]) -> str:
        """What stands for @name in an expression of a table."""
        self._used.add(name)
        if name in inside:
            self._add(path, f"@{name} is made of itself")
            return _NEVER
        if name in self._tables.get("words", {}):
            key = name, table != "written"
            if key not in self._lists:
                self._lists[key] = self._words(name, folded=key[1])
            return self._lists[key]
        for other in ("folded", "written"):
            if name in (options := self._tables.get(other, {})):
                return f"(?:{self._joined(table, options[name], path, (*inside, name))})"
        self._add(path, f"no list and no expression @{name} in this file")
        return _NEVER

    def _words(self, name: str, *, folded: bool) -> str:
        """A list of words as one expression: malade(s), gamin(e|s|es), livr* for every word that begins so."""
        found = []
        for n, word in enumerate(self._tables["words"][name]):
            if not _WORD.fullmatch(word):
                self._add(
                    ("words", name, n),
                    f"{word!r}: a word has letters, endings as in malade(s), and `*` for any",
                )
                continue
            source = re.escape(fold(word) if folded else word).replace(r"\ ", " ").replace(r"\-", "-")
            source = source.replace(r"\*", r"\w*").replace(r"\|", "|")
            found.append(_ENDINGS.sub(r"(?:\1)?", source))
        return f"(?:{'|'.join(found)})" if found else _NEVER


class Grammar:
    """The expressions of a pack by their names, each compiled when it is first asked for.

    In a pack without `rewriting.toml` none matches anything.
    """

    def __init__(self, rewriting: Rewriting) -> None:
        self._sources = rewriting.expressions
        self._compiled: dict[str, re.Pattern[str]] = {}
        self._rewriting = rewriting
        self.places = rewriting.places
        self.pronouns = rewriting.pronouns

    def __getitem__(self, name: Name) -> re.Pattern[str]:
        found = self._compiled.get(name)
        if found is None:
            found = self._compiled[name] = re.compile(self._sources.get(name, _NEVER))
        return found

    @cached_property
    def slots(self) -> dict[str, re.Pattern[str]]:
        """The expressions of the values that a wording takes over, by slot: the first group is the value."""
        return {slot: re.compile(self._rewriting.slots.get(slot, _NEVER + "()")) for slot in SLOTS}

    def pronoun(self, written: str) -> Pronoun | None:
        """What the pack says of a pronoun, None where it does not know it."""
        return next((p for p in self.pronouns if p.subject == fold(written)), None)
