"""The values that every step shares: plain, frozen, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Level = Literal["block", "watch"]
Capitals = Literal["name"]
Mode = Literal["flag", "warn", "block", "mask"]
Certainty = Literal["certain", "likely", "doubtful"]

CATEGORIES = (
    "sante", "politique", "religion", "syndicat", "origine", "vie_sexuelle",
    "infraction", "injure", "jugement", "vie_privee", "situation_sociale", "identifiant",
)  # fmt: skip

# What a wording may take over from the sentence: a duration, a date, a limit (jusqu'en mai), a period, a day (le vendredi soir), an amount.
SLOTS = ("duree", "date", "limite", "periode", "jour", "montant")


@dataclass(frozen=True)
class Example:
    """One example of a rule: `text` without marks, `start` and `length` of the marked part in code points."""

    text: str
    start: int
    length: int
    fixed: str | None = None


@dataclass(frozen=True)
class Effect:
    """A neutral wording; where it is used, `when`, `said` and `without`, is said by the terms that the program holds for it.

    One that is to be `filled` is not used without a value for one of its slots. `because` is said after it where a rule
    tells the cause; words that tell only together are no proof of one.
    """

    say: str
    filled: bool = False
    because: str = ""


@dataclass(frozen=True)
class Category:
    """One category: what it is, on what text of law, what to write instead.

    `inline` replaces the very span of a match (a number); elsewhere the clause around it is rewritten.
    `quoted` is the level of a match between quotation marks, as of an insult received ('': its rule's), `unsure` that of one
    for which the other words of its sentence do not speak; `capitals` says what a capital inside a sentence makes of a
    match: a name, which is no finding ('': nothing). Of an `opinion` the next clause may tell the fact, and stays; of
    anything else it goes on about the cause.
    """

    code: str
    label: str
    law: str
    advice: str
    level: Level
    effects: tuple[Effect, ...] = ()
    inline: str = ""
    quoted: Level | Literal[""] = ""
    unsure: Level | Literal[""] = ""
    capitals: Capitals | Literal[""] = ""
    opinion: bool = False


@dataclass(frozen=True)
class Call:
    """Words of which one calls for a regular expression; for each of `beside`, (word, least, most), that word stands from
    least to most words after it (before it where negative). Ligatures are spelt out in both.
    """

    words: tuple[str, ...]
    beside: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Expression:
    """A regular expression for the folded text: what a number looks like. It is tried beside one of its `calls`; a match has at
    most `reach` characters. `source` is what its author wrote.
    """

    pattern: str
    source: str
    reach: int
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Rule:
    """One rule: `match` are its terms as their author wrote them, or an `expression` stands there instead. `key` names the check of a
    number's key: luhn, nir, iban or ''; `together` is the rule of its category that has no terms and stands for what the pack's
    weights find; the words of a `firm` one are said of nothing else.
    """

    id: str
    category: str
    level: Level
    why: str
    match: tuple[str, ...] = ()
    expression: Expression | None = None
    key: str = ""
    together: bool = False
    firm: bool = False
    say: str | None = None
    maskable: tuple[str, ...] = ()
    bad: tuple[Example, ...] = ()
    allowed: tuple[str, ...] = ()
    file: str = ""
    line: int = 1


@dataclass(frozen=True)
class Extension:
    """What a user's own pack adds to a rule: `texts` are its examples, bad (without marks) and allowed."""

    rule: str
    file: str
    line: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """Another level for a rule or a whole category, or "off": why, on what text of law; `where` it is written."""

    target: str
    level: Level | Literal["off"]
    why: str = ""
    law: str = ""
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Profile:
    """A trade: what the law lets it note that others may not."""

    name: str
    label: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Weights:
    """What words weigh together, in tenths of a log-odds: see engine/score.py.

    `fault` says that a sentence is at fault, with `bias` and reaching `threshold`, where one of its words weighs
    `leading` by itself; `categories` of which category it is, with `bases`. Below the limit of a rule, one of `limits`,
    it says that a match is none, below `sure` that nothing is certain; to this `close` adds what the words around the match
    say of it, `far` the sentences around, `signs` how it is written and what stands right beside it. A match of level block
    stays, watched, all the same, but where `sense` (the words right beside it, and how it is written) says less than its rule's in `spared`.
    """

    threshold: int
    leading: int
    sure: int
    bias: int
    limits: Mapping[str, int]
    signs: Mapping[str, int]
    close: Mapping[str, int]
    far: Mapping[str, int]
    fault: Mapping[str, int]
    bases: Mapping[str, int]
    categories: Mapping[str, Mapping[str, int]]
    sense: Mapping[str, int] = field(default_factory=dict)
    spared: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pronoun:
    """A pronoun that is a subject: expressions for how those are `names`-ed that it stands for, and whom its `object` is.

    `article` and `elided` (before a vowel) are what goes before a noun that it stands for; '' for what it has not.
    """

    subject: str
    names: str
    whom: str = ""
    object: str = ""
    article: str = ""
    elided: str = ""


@dataclass(frozen=True)
class Rewriting:
    """What rewriting knows of a language, as regular expressions: see rewriting/grammar.py.

    `places` says where somebody is found who was told to be of there: "du " -> "au ".
    """

    expressions: dict[str, str] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    pronouns: tuple[Pronoun, ...] = ()
    places: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pack:
    """A language's rules. `digest` changes with any of their content; `persons` are the words that stand for a person.

    `profile` is the name of the profile that was applied, "" for none.
    """

    language: str
    version: str
    digest: str
    categories: dict[str, Category]
    rules: tuple[Rule, ...]
    messages: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    profile: str = ""
    extensions: tuple[Extension, ...] = ()
    persons: frozenset[str] = frozenset()
    weights: Weights | None = None
    rewriting: Rewriting = field(default_factory=Rewriting)


@dataclass(frozen=True, order=True)
class Match:
    """A rule's match in a text: offsets in code points of the text as stored, from 0."""

    start: int
    length: int
    rule: str
    category: str
    level: Level

    @property
    def end(self) -> int:
        """The offset after the last code point."""
        return self.start + self.length


ELEMENTS = "[]"  # the json_key of a column that is an array: each of its elements is a note


def inside(json_key: str) -> str:
    """What is added to a column's name for a place inside of it: [] for the elements of a list, ->>key in a document."""
    return json_key if json_key in ("", ELEMENTS) else f"->>{json_key}"


@dataclass(frozen=True)
class Column:
    """A column that may hold notes: `json_key` is the key inside a jsonb column, '' elsewhere.

    `key` lists the primary-key columns in order (empty: the table has none); `kind` is the type's
    name; `relkind` is pg_class.relkind; `rows` is the planner's estimate; `size` is the declared length
    (0: none); `comment` is what COMMENT says; `constrained`: part of a primary, unique or foreign key; `listed`: a
    constraint lists its values; `named`: its name alone says that it holds notes. `width` and `distinct` are pg_stats' avg_width and n_distinct, without empty texts (0: unknown). `copy_of` is
    the column that a view, a history or a materialized view repeats; `author`, `moment` and `subject` are the columns
    that seem to say who wrote the note, when, and about whom. `readable`: this role may read its values.
    """

    schema: str
    table: str
    name: str
    json_key: str = ""
    kind: str = "text"
    relkind: str = "r"
    key: tuple[str, ...] = ()
    rows: int = 0
    size: int = 0
    comment: str = ""
    constrained: bool = False
    score: int = 0
    reasons: tuple[str, ...] = ()
    listed: bool = False
    named: bool = False
    width: int = 0
    distinct: float = 0.0
    copy_of: str = ""
    author: str = ""
    moment: str = ""
    subject: str = ""
    readable: bool = True

    @property
    def label(self) -> str:
        """The name a person reads and types: schema.table.column, ...column[] of an array, or ...column->>key."""
        return f"{self.schema}.{self.table}.{self.name}{inside(self.json_key)}"

    @property
    def keys_unknown(self) -> bool:
        """Whether it is a jsonb column of which the keys that hold text were not found out."""
        return self.kind == "jsonb" and not self.json_key


@dataclass(frozen=True)
class Finding:
    """A match in a stored note. Holds no text: the note is known by its row key and keyed digest.

    `certainty` is what a scan's second reading found, None where there was none. `decided_by` is who decided of it, and `reason` why.
    """

    relation: str
    column: str
    json_key: str
    row_key: dict[str, Any]
    note_digest: str
    rule: str
    category: str
    level: Level
    start: int
    length: int
    id: int = 0
    status: str = "open"
    certainty: Certainty | None = None
    decided_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What a reviewer decided of one finding."""

    rule: str
    start: int
    length: int
    action: Literal["accept", "mask", "erase", "dismiss", "tolerate"]
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Edit:
    """Replace `length` code points at `start` of the stored note by `text`, which is neutral wording."""

    start: int
    length: int
    text: str


@dataclass(frozen=True)
class Decision:
    """The verdicts on one note and the edits that carry them out. No text of the note.

    `digest_after` is the keyed digest of the note once edited, '' where there is no edit. `second_reader` confirmed it.
    """

    relation: str
    column: str
    json_key: str
    row_key: dict[str, Any]
    note_digest: str
    verdicts: tuple[Verdict, ...]
    edits: tuple[Edit, ...]
    reviewer: str = ""
    digest_after: str = ""
    second_reader: str = ""
