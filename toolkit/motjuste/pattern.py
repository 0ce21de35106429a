"""The little language that rule authors write, and its compilation to a common regex subset.

    malade             a word; accents and case do not matter
    malade(s)          an optional ending
    (mal|très mal)     alternatives, of words or of phrases; `(très)?` is an optional word
    {opérer}           every inflected form of a word
    @proche            a named list of the pack
    _  <0-3>           any one word; from none to three words
    #                  a number
    casse-couilles     the hyphen stands for a space, a hyphen or nothing

A term compiles to *anchors* (words, at least one of which every match holds) and, unless it is a plain
set of words, a *pattern* that means the same in Python `re` and in PostgreSQL's ARE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from motjuste.errors import RuleError
from motjuste.model import Term
from motjuste.text import WORD, fold

# On the skeleton of a text, which holds words, spaces, and `.` or `;` where a sentence ends.
SEP = " +"
ANY = "[^ .;]+"
OPEN, CLOSE = "(?<![^ .;])", "(?![^ .;])"
RAW_OPEN, RAW_CLOSE = f"(?<![{WORD}])", f"(?![{WORD}])"  # on the folded text itself
MAX_FORMS = 4000  # of one element: beyond it an author has written a cartesian product
MAX_GAP = 8
MIN_SET = 4  # a smaller set of words stands in the pattern itself


@dataclass(frozen=True)
class Words:
    """One word, among a finite set of spellings."""

    forms: frozenset[str]


@dataclass(frozen=True)
class Gap:
    """Any words, from `least` to `most` of them."""

    least: int
    most: int


@dataclass(frozen=True)
class Number:
    """A number of any length."""


@dataclass(frozen=True)
class Joint:
    """An optional separator: the two words may be written as one."""


@dataclass(frozen=True)
class Choice:
    """One of several phrases, or none of them where `optional`."""

    options: tuple[tuple[Node, ...], ...]
    optional: bool


Node = Words | Gap | Number | Joint | Choice
Phrase = tuple[Node, ...]
Forms = Callable[[str], Collection[str]]
Frequency = Callable[[str], float]  # of a word: the share of compliant notes that hold it
Sets = dict[frozenset[str], int]  # word sets of a pack, numbered: patterns hold `<number>` in their place

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<gap><(?P<least>\d)-(?P<most>\d)>)|\{(?P<lemma>[^{}]+)\}|@(?P<list>[a-z0-9_]+)"
    r"|(?P<any>_)|(?P<number>#)|(?P<open>\()|(?P<close>\))|(?P<bar>\|)|(?P<opt>\?)|(?P<joint>-)"
    r"|(?P<apostrophe>')|(?P<word>[a-z0-9œæ]+)"
)


class _Parser:
    """Recursive descent over one term; every error says what is wrong and where."""

    def __init__(self, source: str, forms: Forms, lists: Mapping[str, Phrase]) -> None:
        self.source = source
        self.forms = forms
        self.lists = lists
        self.tokens: list[tuple[str, re.Match[str]]] = []
        # Lemmas keep their accents: they are looked up in the table of forms.
        text = source.replace("’", "'")
        folded = fold(text)
        at = 0
        while at < len(text):
            m = _TOKEN.match(folded, at)
            if m is None:
                raise RuleError(f"{source!r}: {text[at]!r} has no meaning in a term")
            self.tokens.append((m.lastgroup or "" if m["gap"] is None else "gap", m))
            at = m.end()
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> re.Match[str]:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def fail(self, what: str) -> RuleError:
        return RuleError(f"{self.source!r}: {what}")

    def alternatives(self) -> list[Phrase]:
        options = [self.phrase()]
        while self.peek() == "bar":
            self.take()
            options.append(self.phrase())
        return options

    def phrase(self) -> Phrase:
        nodes: list[Node] = []
        glued = False  # does the next element touch the last one, as in malade(s)?
        while self.peek() not in ("", "bar", "close"):
            kind = self.peek()
            m = self.take()
            if kind == "space":
                glued = False
                continue
            if kind == "apostrophe":
                glued = False
                continue
            if kind == "joint":
                if not nodes or self.peek() not in ("word", "open", "lemma", "list"):
                    raise self.fail("a hyphen joins two words")
                nodes.append(Joint())
                glued = False
                continue
            node = self.element(kind, m)
            if self.peek() == "opt":
                if kind == "word" and not glued:
                    raise self.fail(
                        f"`{m[0]}?`: write `({m[0]})?` for an optional word, `{m[0][:-1]}({m[0][-1]})` for an ending"
                    )
                self.take()
                node = simplify([(node,), ()])
            if glued and nodes:
                nodes[-1] = self.glue(nodes[-1], node)
            else:
                nodes.append(node)
            glued = True
        if not nodes and self.peek() != "bar":
            return ()
        return tuple(nodes)

    def element(self, kind: str, m: re.Match[str]) -> Node:
        if kind == "word":
            return Words(frozenset([m[0], *misspellings(m[0])]))
        if kind == "lemma":
            lemma = self.text[m.start() + 1 : m.end() - 1].strip()
            found = frozenset(fold(f) for f in self.forms(lemma))
            if not found:
                raise self.fail(f"no forms known for {lemma!r}")
            return Words(found | {w for f in found for w in misspellings(f)})
        if kind == "list":
            if m["list"] not in self.lists:
                raise self.fail(f"no list @{m['list']} in the pack")
            phrase = self.lists[m["list"]]
            return phrase[0] if len(phrase) == 1 else Choice((phrase,), False)
        if kind == "any":
            return Gap(1, 1)
        if kind == "number":
            return Number()
        if kind == "gap":
            least, most = int(m["least"]), int(m["most"])
            if not least <= most <= MAX_GAP:
                raise self.fail(f"a gap goes up to {MAX_GAP} words, least first")
            return Gap(least, most)
        if kind == "open":
            options = self.alternatives()
            if self.peek() != "close":
                raise self.fail("a parenthesis is not closed")
            self.take()
            return simplify(options)
        raise self.fail(f"{m[0]!r} cannot stand here")

    def glue(self, left: Node, right: Node) -> Node:
        """`malade` + `(s)`, `gamin` + `(e|s|es)`: a word and its endings, which may be absent."""
        if isinstance(right, Choice) and len(right.options) == 1 and not right.optional:
            right = Choice(right.options, True)
        if not isinstance(left, Words):
            left = _as_words(left) or left
        endings = _as_words(right)
        if not isinstance(left, Words) or endings is None:
            raise self.fail("only plain words can touch; put a space between phrases")
        absent = isinstance(right, Choice) and right.optional
        forms = {a + b for a in left.forms for b in endings.forms} | (set(left.forms) if absent else set())
        if len(forms) > MAX_FORMS:
            raise self.fail(f"more than {MAX_FORMS} spellings of one word")
        return Words(frozenset(forms))


_SLIPS = (
    (
        re.compile(r"([a-z])\1(?!s?$)"),
        r"\1",
    ),  # a dropped double letter: alcolique, conard; not the end of internée
    (re.compile("y"), "i"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("rh"), "r"),
    (re.compile("qu(?=es?$)"), "k"),
    (re.compile("ques?$"), "k"),
)


def misspellings(word: str) -> set[str]:
    """The usual misspellings of a long folded word: a double letter dropped, y for i, ph for f, th for t.

    Short words have none: there the misspelling is too often another word.
    """
    if len(word) < 7:
        return set()
    found = {slip.sub(to, word) for slip, to in _SLIPS}
    both = word
    for slip, to in _SLIPS[:5]:
        both = slip.sub(to, both)
    return (found | {both}) - {word}


def _as_words(node: Node) -> Words | None:
    """The node as one word, where all its options are single words (none of them, or an empty one: an empty ending)."""
    if isinstance(node, Words):
        return node
    if not isinstance(node, Choice):
        return None
    forms = {""} if node.optional else set()
    for option in node.options:
        if not option:
            forms.add("")
        elif len(option) == 1 and (inner := _as_words(option[0])) is not None:
            forms |= inner.forms
        else:
            return None
    return Words(frozenset(forms))


def simplify(options: list[Phrase]) -> Choice:
    """Alternatives as one node: single words merged into one set, an empty option made optional."""
    merged: set[str] = set()
    rest: list[Phrase] = []
    optional = False
    flat: list[Phrase] = []
    for option in options:
        if len(option) == 1 and isinstance(option[0], Choice):
            flat += option[0].options
            optional |= option[0].optional
        else:
            flat.append(option)
    for option in flat:
        if not option:
            optional = True
        elif len(option) == 1 and isinstance(option[0], Words):
            merged |= option[0].forms
        else:
            rest.append(option)
    head: list[Phrase] = [(Words(frozenset(merged)),)] if merged else []
    return Choice((*head, *rest), optional)


def parse(source: str, forms: Forms, lists: Mapping[str, Phrase]) -> Phrase:
    """The phrase that a term means. `forms` gives a lemma's inflected forms, `lists` the named lists.

    Raises RuleError, saying what is wrong in the term.
    """
    parser = _Parser(source, forms, lists)
    options = parser.alternatives()
    if parser.peek():
        raise parser.fail("a parenthesis is closed but not opened")
    if len(options) > 1:
        choice = simplify(options)
        return (choice,)
    if not options[0]:
        raise parser.fail("a term cannot be empty")
    return options[0]


# -- from phrases to regular expressions ---------------------------------------------------------


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


def witnesses(phrase: Phrase, frequency: Frequency) -> list[frozenset[str]]:
    """The word sets of which every match of the phrase holds a word, the rarest first."""
    tied = {i + d for i, n in enumerate(phrase) if isinstance(n, Joint) for d in (-1, 1)}
    found = [_witness(node, frequency) for at, node in enumerate(phrase) if at not in tied]
    return sorted((w for w in found if w), key=lambda w: (_cost(w, frequency), sorted(w)))


def _witness(node: Node, frequency: Frequency) -> frozenset[str] | None:
    if isinstance(node, Words):
        return node.forms
    if not isinstance(node, Choice) or node.optional:
        return None
    rarest = [next(iter(witnesses(option, frequency)), None) for option in node.options]
    return None if None in rarest else frozenset(word for w in rarest if w for word in w)


def expand(pattern: str, sets: Sequence[Collection[str]]) -> str:
    """The pattern with each `<number>` replaced by the expression of its word set."""
    return re.sub(r"<(\d+)>", lambda m: _spelt(sets[int(m[1])]), pattern)


def spellings(forms: Collection[str]) -> set[str]:
    """The words with oe and ae also as ligatures: as they may stand in a folded text."""
    return {s for f in forms for s in {f, f.replace("oe", "œ"), f.replace("ae", "æ")}}


def anchors(phrase: Phrase, frequency: Frequency) -> frozenset[str] | None:
    """Words, or pairs of neighbours, of which every match of the phrase holds at least one: the rarest choice.

    None where nothing is certain to be there.
    """
    candidates: list[frozenset[str]] = []
    runs = _runs(phrase)
    for run in runs:
        found = _anchors_of_run(run, frequency)
        if found:
            candidates.append(found)
    for left, right in pairwise(runs):
        found = _pairs(left[-1], right[0])
        if found:
            candidates.append(found)
    return min(candidates, key=lambda c: _cost(c, frequency), default=None)


def _runs(phrase: Phrase) -> list[list[Node]]:
    """The elements of a phrase, those tied by hyphens together."""
    found: list[list[Node]] = []
    tied = False
    for node in phrase:
        if isinstance(node, Joint):
            tied = True
        elif tied:
            found[-1].append(node)
            tied = False
        else:
            found.append([node])
    return found


def _anchors_of_run(run: list[Node], frequency: Frequency) -> frozenset[str] | None:
    """The anchors of one element, or of several tied by hyphens, which may be written as one word."""
    apart = [found for node in run if (found := _anchors_of(node, frequency)) is not None]
    apart += [found for a, b in pairwise(run) if (found := _pairs(a, b)) is not None]
    if not apart:
        return None
    out = set(min(apart, key=lambda c: _cost(c, frequency)))
    for first in range(len(run)):
        glued = _ends(run[first], last=True) or set()
        for last in range(first + 1, len(run)):
            out |= {a + b for a in glued for b in _ends(run[last]) or ()}
            if _as_words(run[last]) is None:
                break  # a phrase in the middle ends the word
            glued = {a + b for a in glued for b in _ends(run[last], last=True) or ()}
    if len(out) > MAX_FORMS:
        raise RuleError(f"more than {MAX_FORMS} spellings of words tied by hyphens")
    return frozenset(out)


def _anchors_of(node: Node, frequency: Frequency) -> frozenset[str] | None:
    if isinstance(node, Words):
        return node.forms
    if isinstance(node, Choice) and not node.optional:
        parts = [anchors(option, frequency) for option in node.options]
        if all(p is not None for p in parts):
            return frozenset(w for p in parts if p is not None for w in p)
    return None


def _pairs(left: Node, right: Node) -> frozenset[str] | None:
    """The pairs of neighbours that two elements in a row make."""
    if any(isinstance(n, Choice) and n.optional for n in (left, right)):
        return None
    before, after = _ends(left, last=True), _ends(right)
    if not before or not after or len(before) * len(after) > MAX_FORMS:
        return None
    return frozenset(f"{a} {b}" for a in before for b in after)


def _ends(node: Node, *, last: bool = False) -> set[str] | None:
    """The words that can begin (or end) a node; None where that may be any word."""
    if isinstance(node, Words):
        return set(node.forms)
    if not isinstance(node, Choice):
        return None
    found: set[str] = set()
    for option in node.options:
        for inner in reversed(option) if last else option:
            if isinstance(inner, Joint):
                return None
            words = _ends(inner, last=last)
            if words is None:
                return None
            found |= words
            if not (isinstance(inner, Choice) and inner.optional):
                break
        # tied by a hyphen to its neighbour, the first word may be written into the next
        if any(isinstance(n, Joint) for n in option):
            return None
    return found


def _cost(found: Iterable[str], frequency: Frequency) -> float:
    """How much work a set of anchors makes: how often it opens the gate, and a little for its size.

    Of two words, one note in twenty that holds the rarer is taken to hold them as neighbours.
    """
    return sum(1e-6 + min(map(frequency, a.split())) * (0.05 if " " in a else 1.0) for a in found)


def length_in_words(phrase: Phrase) -> int:
    """The most words that a match of the phrase can have."""
    total = 0
    for node in phrase:
        if isinstance(node, Gap):
            total += node.most
        elif isinstance(node, Choice):
            total += max((length_in_words(o) for o in node.options), default=0)
        elif not isinstance(node, Joint):
            total += 1
    return total


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
    if len(phrase) == 1 and (single := _as_words(phrase[0])) is not None and "" not in single.forms:
        return Term(tuple(sorted(spellings(single.forms))), "", 1, source)
    found = anchors(phrase, lexicon.frequency)
    if not found:
        raise RuleError(f"{source!r}: no word in it is certain to be there; a gate cannot be built")
    try:
        body = regex(phrase, lexicon.sets)
    except RuleError as exc:
        raise RuleError(f"{source!r}: {exc.message}") from exc
    held = witnesses(phrase, lexicon.frequency)
    anchored = {word for anchor in found for word in anchor.split()}
    other = next((w for w in held if w.isdisjoint(anchored)), None)
    return Term(
        tuple(sorted(spellings(found))),
        OPEN + body + CLOSE,
        length_in_words(phrase),
        source,
        tuple(_number(w, lexicon.sets) for w in held),
        also=-1 if other is None else _number(other, lexicon.sets),
    )


def _number(words: frozenset[str], sets: Sets) -> int:
    return sets.setdefault(words, len(sets))


def loosened(raw: str) -> str:
    """A pattern that matches wherever `raw` does, and more, but is small: bounded repetitions become `*`.

    PostgreSQL unrolls {0,50}; compiling the result takes milliseconds, so it first tries this one.
    """
    return re.sub(r"\{\d+(?:,\d+)?\}", "*", raw)


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
