"""From phrases to a small regex subset that means the same in Python `re` and in PostgreSQL's ARE.

A term compiles to anchors and, unless it is a plain set of words, a *pattern*. Large word sets stand in a
pattern as `<number>`: Python puts all their words in, PostgreSQL those that the note holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from motjuste.anchor import Frequency, leads
from motjuste.errors import RuleError
from motjuste.model import Key, Term
from motjuste.phrase import (
    Choice,
    Forms,
    Gap,
    Joint,
    Node,
    Number,
    Phrase,
    Words,
    as_words,
    length,
    parse,
    simplify,
)
from motjuste.text import WORD

Sets = dict[frozenset[str], int]  # word sets of a pack, numbered: patterns hold `<number>` in their place

# On the skeleton of a text, which holds words, spaces, and `.` or `;` where a sentence ends.
SEP = " +"
ANY = "[^ .;]+"
OPEN, CLOSE = "(?<![^ .;])", "(?![^ .;])"
RAW_OPEN, RAW_CLOSE = f"(?<![{WORD}])", f"(?![{WORD}])"  # on the folded text itself
MIN_SET = 4  # a smaller set of words stands in the pattern itself


def _spelt(forms: Collection[str]) -> str:
    """A regular expression for a finite set of words, with or without ligatures."""
    return _trie(spellings(forms))


def _trie(forms: Collection[str]) -> str:
    """A regular expression for these very words, common beginnings shared."""
    if len(forms) == 1:
        return next(iter(forms))
    heads: dict[str, set[str]] = {}
    for form in forms:
        heads.setdefault(form[:1], set()).add(form[1:])
    empty = heads.pop("", None) is not None
    branches = []
    for head in sorted(heads):
        tails = heads[head]
        while "" not in tails and len({t[0] for t in tails}) == 1:  # a shared beginning of several letters
            head += next(iter(tails))[0]
            tails = {t[1:] for t in tails}
        branches.append(head if tails == {""} else head + _trie(tails))
    body = branches[0] if len(branches) == 1 and not empty else "(?:" + "|".join(branches) + ")"
    return body + ("?" if empty else "")


def regex(phrase: Phrase, sets: Sets) -> str:
    """The core regular expression of a phrase, without word boundaries; large word sets as `<number>`.

    New sets are added to `sets`. A set stands for whole words, so where a hyphen may join two words
    their letters stand in the expression.
    """
    head, tail = _sequence(phrase, sets, firm=True)
    if tail or not head:
        raise RuleError("all of it is optional")
    return head


def _sequence(phrase: Phrase, sets: Sets | None, *, firm: bool = False) -> tuple[str, str]:
    """(expression, what is optional at the end of it) of a phrase; optional elements carry their separator.

    Where the phrase is `firm`, part of every match, each of its words is a set, however small: a text
    that lacks it needs no regular expression.
    """
    out = ""
    pending = False  # is a separator due before the next element?
    join = SEP
    leading: list[str] = []  # optional elements before the first firm one
    tied = {i + d for i, n in enumerate(phrase) if isinstance(n, Joint) for d in (-1, 1)}
    for at, node in enumerate(phrase):
        if isinstance(node, Joint):
            join = " {0,2}"
            continue
        if isinstance(node, Gap):
            if not pending:
                raise RuleError("a gap needs a word before it that is not optional")
            body = f"(?:{SEP}{ANY})"
            out += body if (node.least, node.most) == (1, 1) else f"{body}{{{node.least},{node.most}}}"
            continue
        body, optional = _element(node, None if at in tied else sets, firm=firm)
        if optional:
            if pending:
                out += f"(?:{join}{body})?"
            else:
                leading.append(f"(?:{body}{SEP})?")
        else:
            out += "".join(leading) + (join if pending else "") + body
            leading = []
            pending = True
        join = SEP
    return out, "".join(leading)


def _element(node: Node, sets: Sets | None, *, firm: bool = False) -> tuple[str, bool]:
    if isinstance(node, Words):
        if sets is None or len(node.forms) < (1 if firm else MIN_SET):
            return _spelt(node.forms), False
        return f"<{_number(node.forms, sets)}>", False
    if isinstance(node, Number):
        return "[0-9]+", False
    if isinstance(node, Choice):
        parts = []
        for option in node.options:
            inside = firm and len(node.options) == 1 and not node.optional
            head, tail = _sequence(option, sets, firm=inside)
            if tail or not head:
                raise RuleError("an alternative is all optional; make the whole group optional instead")
            parts.append(head)
        return (parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"), node.optional
    raise RuleError("a gap cannot be an alternative")


def expand(pattern: str, sets: Sequence[Collection[str]]) -> str:
    """The pattern with each `<number>` replaced by the expression of its word set."""
    return re.sub(r"<(\d+)>", lambda m: _spelt(sets[int(m[1])]), pattern)


def spellings(forms: Collection[str]) -> set[str]:
    """The words with oe and ae also as ligatures: as they may stand in a folded text."""
    return {s for f in forms for s in {f, f.replace("oe", "œ"), f.replace("ae", "æ")}}


@dataclass(frozen=True)
class Lexicon:
    """What terms are compiled with: forms of lemmas, named lists, frequencies; `sets` fills as they are."""

    forms: Forms
    lists: dict[str, Phrase]
    frequency: Frequency
    sets: Sets


def compile_term(source: str, lexicon: Lexicon) -> Term:
    """A term compiled for both engines. Raises RuleError where it is wrong or has no anchor."""
    phrase = parse(source, lexicon.forms, lexicon.lists)
    if len(phrase) == 1 and (single := as_words(phrase[0])) is not None and "" not in single.forms:
        return Term((Key(tuple(sorted(spellings(single.forms)))),), "", 1, source)
    found = leads(phrase, lexicon.frequency)
    if not found:
        raise RuleError(f"{source!r}: no word in it is certain to be there; a gate cannot be built")
    try:
        body = regex(phrase, lexicon.sets)
    except RuleError as exc:
        raise RuleError(f"{source!r}: {exc.message}") from exc
    keys = tuple(
        Key(
            tuple(sorted(spellings(lead.anchors))),
            -1 if lead.also is None else _number(lead.also, lexicon.sets),
            (lead.least, lead.most),
            tuple(_number(w, lexicon.sets) for w in lead.required),
        )
        for lead in found
    )
    return Term(keys, OPEN + body + CLOSE, length(phrase)[1], source)


def _number(words: frozenset[str], sets: Sets) -> int:
    return sets.setdefault(words, len(sets))


def loosened(raw: str) -> str:
    """A pattern that matches wherever `raw` does, and more, but is small: long bounded repetitions become `*` or `+`.

    PostgreSQL unrolls {0,50}; compiling the result takes milliseconds, so it first tries this one.
    """
    return re.sub(r"\{(\d+)(?:,(\d+))?\}", _loosened, raw)


def _loosened(bound: re.Match[str]) -> str:
    if int(bound[2] or bound[1]) <= 6:
        return bound[0]
    return "*" if bound[1] == "0" else "+"


def compile_context(sources: Collection[str], lexicon: Lexicon, *, side: str = "") -> str:
    """One pattern for a list of terms; `side` ties it to the end (before) or start (after) of a text."""
    if not sources:
        return ""
    parsed = simplify([parse(s, lexicon.forms, lexicon.lists) for s in sources])
    if parsed.optional:
        raise RuleError(f"{list(sources)!r}: one of these is all optional")
    body = _element(parsed, lexicon.sets)[0]
    if side == "before":
        return f"{OPEN}{body} *$"
    if side == "after":
        return f"^ *{body}{CLOSE}"
    return OPEN + body + CLOSE


_CLASS = r"\[\^?(?:[a-z0-9œæ'./ *@$#:,-]|[a-z]-[a-z])+\]"
_SUBSET = re.compile(
    rf"(?:[a-z0-9œæ' :=/]|\\[.]|{_CLASS}|\(\?:|\((?!\?)|\)|\||\?(?!\?)|\{{\d{{1,2}}(?:,\d{{1,2}})?\}}(?!\?))*"
)


def check_subset(pattern: str) -> None:
    """Refuse a raw pattern that is outside the subset both engines share, or that could blow up.

    Raises RuleError. Allowed: letters, digits, classes, groups, |, ? and bounded {m,n}; never * or +,
    back-references or look-around.
    """
    if re.search(r"[*+](?![^\[]*\])", pattern):
        raise RuleError("an unbounded repetition (* or +) could blow up", hint="write {0,3} instead")
    m = _SUBSET.match(pattern)
    if m is None or m.end() != len(pattern):
        at = m.end() if m else 0
        raise RuleError(f"pattern outside the common subset at character {at + 1}: {pattern[at : at + 12]!r}")
    product = 1
    for bound in re.findall(r"\{(?:\d+,)?(\d+)\}", pattern):
        product *= int(bound)
    if product > 100_000:
        raise RuleError("nested repetitions could blow up")
    try:
        re.compile(pattern)
    except re.error as exc:
        raise RuleError(f"not a regular expression: {exc}") from exc
