"""A column scored from what the catalog knows of it: its type, names and comment, constraints, statistics.

Names are read in French and in English, cut at underscores and capitals, accents folded. What holds a code, a label or
an address is text too: those names lower the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from motjuste.discovery.vocabulary import (
    ADJECTIVES,
    ASKED,
    AT_HEAD,
    BEFORE,
    CAUSE,
    DONE,
    ENGLISH,
    ERRORS,
    EVENTS,
    FREE,
    FRENCH,
    HARD,
    IDIOMS,
    LISTS,
    LISTS_FRENCH,
    MACHINE_TEXT,
    MAYBE,
    NOISE,
    NOTE,
    NOTES,
    NOTES_PREFIXED,
    OFFERS,
    OTHER,
    PAGE,
    PERSONS,
    PHRASES,
    PROBABLE,
    ROLES,
    SOFT,
    SPECIFIED,
    STATES,
    SURELY_THINGS,
    THING_PHRASES,
    THINGS,
    TO_DO,
    VALUE,
    WEAK,
    WRITTEN,
)
from motjuste.engine.text import fold
from motjuste.model import ELEMENTS, Column

CLEAR = 70  # from here on nobody needs to look before watching the column
SHOWN = 40  # from here on a person should look
NAMED = 55  # points of a name that says it all


SUFFIX = re.compile(  # what makes another word of one, so that it is not cut: extracted, relationship, professional
    r"c?ted|ing|[a-z]|al|el|ed|ee|es|er|or|if|ly|re|en|ne|ships?|eurs?|ments?|ives?|able|it[ye]|ional|[a-z]{0,2}tion|ion"
)


def words(name: str) -> list[str]:
    """The words of a name, folded: CommentaireClient and COMMENTAIRE_CLIENT give commentaire, client."""
    return list(_words(name))


@lru_cache(maxsize=10_000)
def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)))


def score(column: Column, beside: str = "") -> Column:
    """The column with a score from 0 (surely no note) to 100 and the reasons, in the order they weighed in.

    `beside` is the column of its table that is the key of a person (kin.concerned).
    """
    table = _by_table(column, beside)
    marks = [
        _by_type(column),
        _by_name(column, of_persons=table[0] > 0),
        table,
        _by_comment(column),
        _by_statistics(column),
    ]
    if column.constrained:
        marks.append((-40, "part of a key"))
    if column.listed:
        marks.append((-40, "a constraint lists its values"))
    if marks[1][0] == NAMED and about_things(column) in ("log", "logs"):
        marks[2] = (0, "")  # machines write logs, but no remarks
    if marks[1][0] == 0 and marks[2][0] > 10:
        marks[2] = (10, marks[2][1])  # a table of notes has other columns too
    total = sum(points for points, _ in marks)
    reasons = tuple(reason for _, reason in marks if reason)
    named = marks[1][0] >= NAMED and not about_things(column)
    return replace(column, score=max(0, min(100, total)), reasons=reasons, named=named)


def rank(columns: Iterable[Column], min_score: int = SHOWN) -> list[Column]:
    """The scored columns that reach the score, likeliest first."""
    kept = [c for c in map(score, columns) if c.score >= min_score]
    return sorted(kept, key=lambda c: (-c.score, c.label))


def about_things(column: Column) -> str:
    """The word that makes the column's table one of things or a list of values, and not of persons; '' where it is none."""
    parts = words(column.table)
    if not parts:
        return ""
    if sure := next((w for w in parts if SURELY_THINGS.match(w)), ""):
        return sure
    if phrase := THING_PHRASES.search("_".join(parts)):
        return phrase[0]
    if LISTS.fullmatch(parts[-1]):
        return parts[-1]
    if LISTS_FRENCH.match(parts[0]):
        return parts[0]
    thing = next((w for w in parts if THINGS.match(w)), "")
    others = [w for w in parts if w != thing]
    return "" if any(PERSONS.match(w) or NOTES.match(w) for w in others) else thing


def _by_type(column: Column) -> tuple[int, str]:
    if column.json_key and column.json_key != ELEMENTS:
        return 20, "text inside jsonb"
    if column.kind == "json":
        return -30, "json: only keys of jsonb can be watched"
    if column.keys_unknown:
        return 20, "jsonb: keys not found out"
    if column.kind == "xml":
        return 10, "xml"
    if 0 < column.size < 20:
        return -40, "too short for a note"
    if column.json_key == ELEMENTS:
        return 10, "list of texts"
    if 0 < column.size < 60:
        return -20, "very short text"
    if 0 < column.size < 200:
        return 10, "short text"
    if not column.size and column.kind == "varchar":
        return 20, "text"  # where a text of no limit is `text`, this is shorter
    return 25, "long text"


def _by_name(column: Column, *, of_persons: bool) -> tuple[int, str]:
    key = "" if column.json_key == ELEMENTS else column.json_key
    if key.startswith("$."):
        key = key.rpartition(".")[2]  # of a path, what it leads to
    parts = words(key or column.name)
    if not parts:
        return 0, ""
    if len(parts) > 1 and not key:
        parts = parts[1:] if _is_shortened(parts[0], column.table) else parts
        parts = [w for w in parts if w not in NOISE and not _is_prefix(w, column.table)] or parts
    if note := _note(parts):
        attribute = _ruled_out(parts, note=note)
        return (-50, f"called `{attribute}`") if attribute else (NAMED, f"called `{note}`")
    parts = [w for joined in parts for w in _cut(joined)]
    if machine := _of_a_machine(parts):
        return -50, f"called `{machine}`"
    if idiom := IDIOMS.search("_".join(parts)):
        return 45, f"probably a note: `{idiom[0]}`"
    heads = _heads(parts)
    found = {
        name: [w for w in parts if _among(w, known) and (w in heads or not _among(w, EVENTS))]
        for name, known in _SETS
    }
    if wrong := _ruled_out(parts, whose=bool(found["probable"] or found["maybe"])):
        return -50, f"called `{wrong}`"
    if probable := found["probable"]:
        return 45, f"probably a note: `{probable[0]}`"
    if asked := [w for w in parts if w in ASKED]:
        return 45, f"probably a note: `{asked[0]}`"
    maybe, weak = found["maybe"], found["weak"]
    if weak and parts[-1] == "data":
        return 0, ""  # action_data: what a program keeps
    if maybe and len({*maybe, *weak}) > 1:
        return 45, f"probably a note: `{maybe[0]}`"  # medical_history, additional_info
    if some := maybe or weak[1:] or _done(parts, weak):
        return 35, f"perhaps a note: `{some[0]}`"  # two weak words are as good
    if to_do := TO_DO.search("_".join(parts)):
        weak = [to_do[0].strip("_")]
    if weak and of_persons:
        return 35, f"perhaps a note: `{weak[0]}`"
    if not weak and len(parts) == 1 and any(NOTES.match(w) for w in words(column.table)):
        weak = [w for w in parts if _among(w, VALUE)]
    return (12, f"might be a note: `{weak[0]}`") if weak else (0, "")


def _note(parts: list[str]) -> str:
    """The word by which a name is that of a note: commentaire_client, zone_libre; but not metier_libre."""
    free = next((w for w in parts if w in FREE), "")
    if free and all(w in FREE or _among(w, WRITTEN) for w in parts):
        return free
    return next((w for w in parts if NOTE.match(w)), "")


def _heads(parts: list[str]) -> tuple[str, ...]:
    """What a name names: its last word in English, or that before "of" or "for"; its first in French; both where it may be either.

    A question names nothing.
    """
    if any(w in ASKED for w in parts):
        return ()
    if len(parts) > 1 and _among(parts[-1], SPECIFIED):
        return (parts[-1],)
    english = any(_among(w, ENGLISH) for w in parts)
    french = any(_among(w, FRENCH) for w in parts)
    at = next((i for i, w in enumerate(parts) if w in BEFORE and 0 < i < len(parts) - 1), len(parts))
    last, first = parts[at - 1], next((w for w in parts if w not in ADJECTIVES), parts[0])
    if english != french:
        return (last,) if english else (first,)
    return (first, last)


def _ruled_out(parts: list[str], *, note: str = "", whose: bool = False) -> str:
    """The word by which a name is that of something else. Most such words count anywhere in the name, some as its head only.

    `statut_note`, `comment_status` and `note_id` name attributes of a `note`. `whose`: a role may say whose text it is.
    """
    if parts[0] in ("is", "has", "est"):
        return parts[0]
    heads, wrong = _heads(parts), HARD if note else HARD | OTHER
    for word in parts:
        a_role = (whose and _among(word, ROLES)) or (word == "agent" and note.startswith("note"))
        a_label_of_it = word in ("lib", "libelle") and note and not note.startswith("note")
        if word == note or a_role or a_label_of_it:
            continue
        head = word in heads or (word == parts[-1] and _among(word, HARD) and not BEFORE & {*parts[1:-1]})
        if head and (_among(word, wrong) or _among(word, SOFT)):
            return word
        if _among(word, wrong) and not _among(word, AT_HEAD):
            return word
    return ""


def _of_a_machine(parts: list[str]) -> str:
    """The word by which a text is that of a machine, a page or a label: error_message, alt_text, raison_sociale; but not attendance_failure_information."""
    if page := next((w for w in parts if _among(w, PAGE)), ""):
        return page
    if phrase := PHRASES.search("_".join(parts)):
        return phrase[0]
    for machine, said in ((ERRORS, MACHINE_TEXT | CAUSE), (STATES, MACHINE_TEXT)):
        found = [w for w in parts if _among(w, machine)]
        if found and all(_among(w, machine | said) for w in parts):
            return found[0]
    return ""


def _done(parts: list[str], weak: list[str]) -> list[str]:
    """A weak word that says what was or is to be done: actions_taken, issues_discussed."""
    return weak if DONE.match(parts[-1]) else []


def _cut(word: str) -> list[str]:
    """A word in two where one of a name's words is written on to another: actionbody, lastresult, motifrefus."""
    if any(_among(word, known) for known in _KNOWN):
        return [word]
    cuts = [(word[:at], word[at:]) for at in range(3, len(word) - 1)]
    for first, last in cuts:
        if len(last) >= 4 and _is_known(first) and _is_known(last):
            return [first, last]
    for first, last in cuts:
        if len(first) >= 4 and len(last) >= 4 and _is_known(last):
            return [first, last]
    for first, last in cuts:
        if len(first) >= (5 if len(last) > 2 else 8) and not SUFFIX.fullmatch(last) and _is_known(first):
            return [first, last]
    return [word]


def _is_known(word: str) -> bool:
    longer = len(word) >= 5 or word in ("body", "text", "name", "type", "code")
    return longer and any(_among(word, known) for known in _KNOWN)


_SETS = (("probable", PROBABLE), ("maybe", MAYBE), ("weak", WEAK))
_KNOWN = (HARD, OTHER, PROBABLE, MAYBE, WEAK)


def _among(word: str, known: frozenset[str]) -> bool:
    return word in known or any(one in known for one in _singular(word))


def _singular(word: str) -> list[str]:
    """What a plural may be of: besoins, wishes, injuries."""
    if word[-1] not in "sx":
        return []
    endings = {"ies": "y", "shes": "sh", "ches": "ch", "sses": "ss"}
    return [word[:-1], *(word.removesuffix(e) + one for e, one in endings.items() if word.endswith(e))]


def _is_prefix(word: str, table: str) -> bool:
    """Whether a word only repeats the table's name, as CLI_ does in T_CLI."""
    return len(word) == 3 and any(w.startswith(word) for w in words(table))


def _is_shortened(word: str, table: str) -> bool:
    """Whether the first word of a name is the table's in short: OR_ in ORDRE_REPARATION, LV_ in LIVRAISON."""
    if len(word) not in (2, 3) or _says_something(word):
        return False
    parts = [w for w in words(table) if w not in NOISE]
    if word == "".join(w[0] for w in parts):
        return True
    letters = iter(parts[0] if parts else "")
    return bool(parts) and word[0] == parts[0][0] and all(letter in letters for letter in word)


def _says_something(word: str) -> bool:
    return any(_among(word, known) for known in (*_KNOWN, SOFT, FREE, WRITTEN, ENGLISH, FRENCH, BEFORE))


def _by_table(column: Column, beside: str) -> tuple[int, str]:
    parts = words(column.table)
    if thing := about_things(column):
        return -40, f"about things (`{thing}`)"
    note = next((w for w in parts if NOTES.match(w) or NOTES_PREFIXED.fullmatch(w)), None)
    if note:
        return 20, f"in a table of notes (`{note}`)"
    person = next((w for w in parts if PERSONS.match(w)), None)
    if person:
        return 10, f"about persons (`{person}`)"
    if beside:
        return 10, f"beside `{beside}`"
    offer = next((w for w in parts if OFFERS.match(w)), None)
    return (-10, f"less about persons (`{offer}`)") if offer else (0, "")


def _by_comment(column: Column) -> tuple[int, str]:
    if column.json_key or not column.comment:
        return 0, ""  # the comment of a jsonb column is about the whole of it
    parts = words(column.comment)
    note = next((w for w in parts if NOTE.match(w) or w in FREE), None)
    if note and parts[0] not in HARD:
        return 20, f"comment says `{note}`"
    if parts and (parts[0] in HARD or parts[0] in SOFT or parts[0] in OTHER):
        return -20, f"comment says `{parts[0]}`"
    return 0, ""


def _by_statistics(column: Column) -> tuple[int, str]:
    """What ANALYZE found: the mean width in bytes, how many different values (negative: as a share of the rows)."""
    if 0 < column.distinct <= 30 and column.rows >= 1000:
        return -35, f"{column.distinct:.0f} different values"
    if column.width >= 60:
        return 5, f"{column.width} bytes wide on average"
    return (-10, f"{column.width} bytes wide on average") if 0 < column.width <= 9 else (0, "")
