"""From phrases to a small regex subset that means the same in Python `re` and in PostgreSQL's ARE.

A term compiles to anchors and, unless it is a plain set of words, a *pattern*. Large word sets stand in a
pattern as `<number>`: Python puts all their words in, PostgreSQL those that the note holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from motjuste.engine.text import DIGITS, WORD, fold, without_ligatures
from motjuste.errors import RuleError
from motjuste.model import Key, Term
from motjuste.rulepack.anchor import Leads
from motjuste.rulepack.numbering import filled
from motjuste.rulepack.phrase import (
    CAREFUL,
    Choice,
    Close,
    Forms,
    Gap,
    Joint,
    Node,
    Number,
    Phrase,
    Spelling,
    Words,
    as_words,
    holds_close,
    length,
    parse,
    simplify,
    single_words,
)


class Sets(dict[frozenset[str], int]):
    """The word sets of a pack, numbered: expressions hold `<number>` in their place.

    With them what was written of a phrase, an element or a context that stands in many places: it is the same in each.
    """

    def __init__(self, known: Iterable[frozenset[str]] = ()) -> None:
        super().__init__((words, number) for number, words in enumerate(known))
        self.phrases: dict[tuple[Phrase, bool], tuple[str, str]] = {}
        self.elements: dict[tuple[Node, bool], tuple[str, bool]] = {}
        self.contexts: dict[tuple[str, ...], str] = {}

    def number(self, words: frozenset[str]) -> int:
        """The number of a set, a new one where it is new."""
        return self.setdefault(words, len(self))


# On the skeleton of a text, which holds words, spaces, and `.` or `;` where a sentence ends.
SEP = " +"
ANY = "[^ .;]+"
TIGHT = " "  # a comma and the space after it are two
OPEN, CLOSE = "(?<![^ .;])", "(?![^ .;])"
# Nothing of its clause stands on that side of a match: not one space, as between two words, but more, or an end.
EDGE = {"before": "(?:^|[ .;]|(?<=[.;]))", "after": "(?: (?= )|(?=[.;])|$)"}
MIN_SET = 4  # a smaller set of words stands in the pattern itself


def spelt(forms: Collection[str]) -> str:
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
    that lacks it needs no regular expression. Without `sets` all letters stand in the expression.
    """
    if sets is None:
        return _written(phrase, sets, firm=firm)
    found = sets.phrases.get((phrase, firm))
    if found is None:
        found = sets.phrases[phrase, firm] = _written(phrase, sets, firm=firm)
    return found


def _written(phrase: Phrase, sets: Sets | None, *, firm: bool) -> tuple[str, str]:
    out = ""
    pending = False  # is a separator due before the next element?
    join = SEP
    leading: list[str] = []  # optional elements before the first firm one
    tied = {i + d for i, n in enumerate(phrase) if isinstance(n, Joint) for d in (-1, 1)}
    for at, node in enumerate(phrase):
        if isinstance(node, Joint):
            join = " {0,2}"
            continue
        if isinstance(node, Close):
            join = TIGHT
            continue
        if isinstance(node, Gap):
            if not pending:
                raise RuleError("a gap needs a word before it that is not optional")
            if node.but and sets is None:
                raise RuleError("a gap without some words cannot stand here")
            none = f"(?!<{sets.number(node.but)}>{CLOSE})" if node.but and sets is not None else ""
            body = f"(?:{join}{none}{ANY})"
            out += body if (node.least, node.most) == (1, 1) else f"{body}{{{node.least},{node.most}}}"
            join = SEP
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
    if phrase and isinstance(phrase[-1], Close):
        out += f"(?!{TIGHT}{{2}})"
    return out, "".join(leading)


def _element(node: Node, sets: Sets | None, *, firm: bool = False) -> tuple[str, bool]:
    """(expression, is it optional) of an element."""
    if sets is None:
        return _written_element(node, sets, firm=firm)
    found = sets.elements.get((node, firm))
    if found is None:
        found = sets.elements[node, firm] = _written_element(node, sets, firm=firm)
    return found


def _written_element(node: Node, sets: Sets | None, *, firm: bool) -> tuple[str, bool]:
    if isinstance(node, Words):
        if sets is None or len(node.forms) < (1 if firm else MIN_SET):
            return spelt(node.forms), False
        return f"<{sets.number(node.forms)}>", False
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


def expand(
    pattern: str, sets: Sequence[frozenset[str]], write: Callable[[frozenset[str]], str] = spelt
) -> str:
    """The pattern with each `<number>` replaced by the expression of its word set, which `write` gives."""
    return filled(pattern, lambda number: write(sets[number]))


def spellings(forms: Collection[str]) -> set[str]:
    """The words with oe and ae also as ligatures: as they may stand in a folded text."""
    return {s for f in forms for s in {f, f.replace("oe", "œ"), f.replace("ae", "æ")}}


def plain(forms: Collection[str]) -> frozenset[str]:
    """The words without ligatures: as the gate looks them up."""
    return frozenset(map(without_ligatures, forms))


@dataclass(frozen=True)
class Lexicon:
    """What terms are compiled with: forms of lemmas, named lists, what phrases are known by; `sets` fill as they are."""

    forms: Forms
    lists: dict[str, Phrase]
    leads: Leads
    sets: Sets = field(default_factory=Sets)
    spelling: Spelling = CAREFUL
    _phrases: dict[str, Phrase] = field(default_factory=dict)
    _elements: dict[str, Node] = field(default_factory=dict)
    _plain: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    @property
    def frequency(self) -> Callable[[str], float]:
        """How often compliant notes hold a word."""
        return self.leads.frequency

    def plain(self, words: frozenset[str]) -> frozenset[str]:
        """These words as the gate looks them up."""
        found = self._plain.get(words)
        if found is None:
            found = self._plain[words] = plain(words)
        return found

    def parse(self, source: str) -> Phrase:
        """The phrase that a term means. Raises RuleError where it is wrong, or names a list that is not there yet."""
        found = self._phrases.get(source)
        if found is None:
            found = parse(source, self.forms, self.lists, self.spelling, self._elements)
            self._phrases[source] = found
        return found


def compile_terms(source: str, lexicon: Lexicon) -> list[Term]:
    """What an author wrote as one term, compiled for both engines: its single words are one, each of its phrases another.

    Raises RuleError where it is wrong or has no anchor.
    """
    phrase = lexicon.parse(source)
    options = [phrase]
    if len(phrase) == 1 and isinstance(phrase[0], Choice) and not phrase[0].optional:
        options = list(phrase[0].options)
    return [_term(option, source, lexicon) for option in options]


def _term(phrase: Phrase, source: str, lexicon: Lexicon) -> Term:
    if len(phrase) == 1 and (single := as_words(phrase[0])) is not None and "" not in single.forms:
        return Term((Key(tuple(sorted(plain(single.forms)))),), "", 1, source)
    if holds_close(phrase):
        raise RuleError(f"{source!r}: `~` stands in contexts only")
    found = lexicon.leads.of(phrase)
    if not found:
        raise RuleError(f"{source!r}: no word in it is certain to be there; a gate cannot be built")
    try:
        body = regex(phrase, lexicon.sets)
    except RuleError as exc:
        raise RuleError(f"{source!r}: {exc.message}") from exc
    keys = tuple(
        Key(
            tuple(sorted(lexicon.plain(lead.anchors))),
            tuple([(lexicon.sets.number(lexicon.plain(n.words)), n.least, n.most) for n in lead.needs]),
        )
        for lead in found
    )
    return Term(keys, OPEN + body + CLOSE, length(phrase)[1], source)


def beside(terms: Iterable[Term], needs: Mapping[str, Collection[str]], lexicon: Lexicon) -> tuple[Term, ...]:
    """The terms of a rule, their keys with what the rule `needs` right before and after a match: the gate opens less often."""
    before, after = (_beside(needs.get(side, ()), side, lexicon) for side in ("before", "after"))

    def more(term: Term) -> tuple[tuple[int, int, int], ...]:
        reach = term.words - 1  # words of the match on that side of its anchor, at most
        return (
            *((number, least - reach, most) for number, least, most in before),
            *((number, least, most + reach) for number, least, most in after),
        )

    return tuple(
        replace(term, keys=tuple(replace(key, needs=(*key.needs, *more(term))) for key in term.keys))
        for term in terms
    )


def _beside(sources: Collection[str], side: str, lexicon: Lexicon) -> list[tuple[int, int, int]]:
    """What is certain to stand on that side, as in Key.needs but from the match on: one need, or none."""
    if not sources or "^" in sources:
        return []
    need = lexicon.leads.beside(simplify([lexicon.parse(s) for s in sources]).options, side)
    return [(lexicon.sets.number(lexicon.plain(need.words)), need.least, need.most)] if need else []


def words_alone(sources: Iterable[str], lexicon: Lexicon) -> frozenset[str]:
    """The words that terms match by themselves, as the gate looks them up; their phrases are left out."""
    return lexicon.plain(single_words((simplify([lexicon.parse(s) for s in sources]),)))


def compile_anchors(anchors: Collection[str], lexicon: Lexicon) -> tuple[Key, ...]:
    """The keys of a raw pattern: of an anchor of several words in a row, the rarest is looked up, and needs the others."""
    keys: dict[tuple[tuple[int, int, int], ...], set[str]] = {}
    for anchor in anchors:
        words = [w for w in re.split(f"[^{WORD}{DIGITS}]+", fold(anchor)) if w]
        at = min(range(len(words)), key=lambda i: lexicon.leads.frequency(words[i]))
        others = tuple(
            (lexicon.sets.number(plain([word])), i - at, i - at) for i, word in enumerate(words) if i != at
        )
        keys.setdefault(others, set()).update(plain([words[at]]))
    return tuple(Key(tuple(sorted(words)), needs) for needs, words in keys.items())


def compile_context(sources: Collection[str], lexicon: Lexicon, *, side: str = "") -> str:
    """One pattern for a list of terms; `side` ties it to the end (before) or start (after) of a text."""
    if not sources:
        return ""
    edges = [EDGE[side]] if "^" in sources and side in EDGE else []
    key = (*sources, *edges)
    if (written := lexicon.sets.contexts.get(key)) is not None:
        return tied(written, side)
    if "^" in sources and not edges:
        raise RuleError("`^` stands before or after a match only")
    parsed = simplify([lexicon.parse(s) for s in sources if s != "^"])
    if parsed.optional:
        raise RuleError(f"{list(sources)!r}: one of these is all optional")
    # each alternative firm: the database looks at those only of which all words are there
    parts = [_sequence(option, lexicon.sets, firm=True) for option in parsed.options]
    if any(tail or not head for head, tail in parts):
        raise RuleError("an alternative is all optional; make the whole group optional instead")
    body = "(?:" + "|".join([head for head, _ in parts] + edges) + ")"
    lexicon.sets.contexts[key] = body
    return tied(body, side)


def tied(body: str, side: str) -> str:
    """An expression of whole words, at the end of a text that lies before, at the start of one after, else anywhere."""
    if side == "before":
        return f"{OPEN}{body} *$"
    if side == "after":
        return f"^ *{body}{CLOSE}"
    return OPEN + body + CLOSE
