"""The little language that rule authors write, parsed.

    malade             a word; accents and case do not matter
    malade(s)          an optional ending
    (mal|très mal)     alternatives, of words or of phrases; `(très)?` is an optional word
    {opérer}           every inflected form of a word
    @proche            a named list of the pack
    _  <0-3>           any one word; from none to three words
    <0-3!proche>       the same, none of them a word of that list
    #                  a number
    casse-couilles     the hyphen stands for a space, a hyphen or nothing
    mur ~ gris         no comma, colon or parenthesis between them; in contexts only

A term parses to a `Phrase`, a tuple of nodes; rulepack/automaton.py says what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from motjuste.engine.text import fold
from motjuste.errors import RuleError

MAX_FORMS = 4000  # of one element: beyond it an author has written a cartesian product
MAX_GAP = 8
LONG = 7  # letters of a word that is also found misspelt, where a slip does not say how many


@dataclass(frozen=True)
class Words:
    """One word, among a finite set of spellings."""

    forms: frozenset[str]

    def __hash__(self) -> int:
        return hash(self.forms)


@dataclass(frozen=True)
class Gap:
    """Any words, from `least` to `most` of them, none of which is one of `but`."""

    least: int
    most: int
    but: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Number:
    """A number of any length."""


@dataclass(frozen=True)
class Joint:
    """An optional separator: the two words may be written as one."""


@dataclass(frozen=True)
class Close:
    """One space, hyphen or apostrophe and no more: where commas, colons and parentheses may not stand."""


@dataclass(frozen=True)
class Choice:
    """One of several phrases, or none of them where `optional`.

    A list is one, of hundreds of phrases, and stands in hundreds of terms: what can be told of it is worked out once.
    """

    options: tuple[tuple[Node, ...], ...]
    optional: bool

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.options, self.optional))

    @cached_property
    def words(self) -> Words | None:
        """The choice as one word, where all its options are single words (none of them, or an empty one: an empty ending)."""
        forms = {""} if self.optional else set()
        for option in self.options:
            if not option:
                forms.add("")
            elif len(option) == 1 and (inner := as_words(option[0])) is not None:
                forms |= inner.forms
            else:
                return None
        return Words(frozenset(forms))

    @cached_property
    def length(self) -> tuple[int, int]:
        """The least and the most words that it may stand for."""
        lengths = [length(option) for option in self.options]
        least = 0 if self.optional else min((n[0] for n in lengths), default=0)
        return least, max((n[1] for n in lengths), default=0)

    @cached_property
    def holds_close(self) -> bool:
        """Whether a `~` stands anywhere in it."""
        return any(map(holds_close, self.options))

    @cached_property
    def fault(self) -> str:
        """What is wrong with one of its options, '' where nothing is."""
        for option in self.options:
            if "" in (begins := beginnings(option)):
                return "an alternative is all optional; make the whole group optional instead"
            if Gap in begins:
                return "a gap cannot begin an alternative"
        return next(filter(None, map(inner_fault, self.options)), "")


class Slip(NamedTuple):
    """A usual misspelling: `write` for what `find` matches in a folded word of so many letters or more."""

    find: re.Pattern[str]
    write: str
    least: int = LONG
    alone: bool = False  # never made beside another

    def made(self, word: str) -> str:
        """The word with this slip; as it is where there is nothing to misspell."""
        return self.find.sub(self.write, word) if len(word) >= self.least else word


@dataclass(frozen=True)
class Spelling:
    """How a language's words are spelt in a hurry: what `short` says of small words, and `slips` of long ones, but where
    that makes another word, one of `real`. Words are folded.
    """

    short: Mapping[str, Collection[str]]
    slips: Sequence[Slip]
    real: Container[str] = frozenset()

    def variants(self, word: str) -> set[str]:
        """Other spellings of a folded word. A short word has none but those of `short`: most often they are another word."""
        return {*self.short.get(word, ()), *(v for v in self.misspelt(word) if v not in self.real)} - {word}

    def misspelt(self, word: str) -> set[str]:
        """The word with each slip by itself, and with all of them that go together."""
        together = word
        for slip in self.slips:
            together = together if slip.alone else slip.made(together)
        return {together, *(slip.made(word) for slip in self.slips)} - {word}


CAREFUL = Spelling({}, ())  # nobody misspells

Node = Words | Gap | Number | Joint | Close | Choice
Phrase = tuple[Node, ...]
Forms = Callable[[str], Collection[str]]

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<gap><(?P<least>\d)-(?P<most>\d)(?:!(?P<but>[a-z0-9_]+))?>)|\{(?P<lemma>[^{}]+)\}|@(?P<list>[a-z0-9_]+)"
    r"|(?P<any>_)|(?P<number>#)|(?P<open>\()|(?P<close>\))|(?P<bar>\|)|(?P<opt>\?)|(?P<joint>-)|(?P<close_by>~)"
    r"|(?P<apostrophe>')|(?P<word>[a-z0-9œæ]+)"
)


class _Parser:
    """Recursive descent over one term; every error says what is wrong and where. `known` are elements by how they are written."""

    def __init__(
        self,
        source: str,
        forms: Forms,
        lists: Mapping[str, Phrase],
        spelling: Spelling,
        known: dict[str, Node],
    ) -> None:
        self.source = source
        self.forms = forms
        self.lists = lists
        self.spelling = spelling
        self.known = known
        self.tokens: list[tuple[str, re.Match[str]]] = []
        self.closing: dict[int, int] = {}  # of each token that opens a parenthesis, the one that closes it
        opened: list[int] = []
        # Lemmas keep their accents: they are looked up in the table of forms.
        self.text = source.replace("’", "'")
        at = 0
        for m in _TOKEN.finditer(fold(self.text)):
            if m.start() != at:
                break
            at = m.end()
            kind = m.lastgroup or ""
            if kind == "open":
                opened.append(len(self.tokens))
            elif kind == "close" and opened:
                self.closing[opened.pop()] = len(self.tokens)
            self.tokens.append((kind, m))
        if at < len(self.text):
            raise RuleError(f"{source!r}: {self.text[at]!r} has no meaning in a term")
        self.kinds = [kind for kind, _ in self.tokens] + [""]
        self.at = 0

    def peek(self) -> str:
        return self.kinds[self.at]

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
        touching = False  # does the next element touch the last one, as in malade(s)?
        while (kind := self.peek()) not in ("", "bar", "close"):
            m = self.take()
            glued, touching = touching, False
            if kind in ("space", "apostrophe"):
                continue
            if kind == "close_by":
                if not nodes:
                    raise self.fail("`~` follows a word")
                nodes.append(Close())
                continue
            if kind == "joint":
                if not nodes or self.peek() not in ("word", "open", "lemma", "list"):
                    raise self.fail("a hyphen joins two words")
                nodes.append(Joint())
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
            touching = True
        if not nodes and self.peek() != "bar":
            return ()
        return tuple(nodes)

    def element(self, kind: str, m: re.Match[str]) -> Node:
        """One element; what hundreds of terms write the same is read once, and is the same."""
        last = self.at - 1 if kind != "open" else self.closing.get(self.at - 1)
        if last is None:
            return self.read(kind, m)
        written = self.text[m.start() : self.tokens[last][1].end()]
        node = self.known.get(written)
        if node is None:
            node = self.known[written] = self.read(kind, m)
        self.at = last + 1
        return node

    def read(self, kind: str, m: re.Match[str]) -> Node:
        if kind == "word":
            return Words(frozenset([m[0], *self.spelling.variants(m[0])]))
        if kind == "lemma":
            lemma = self.text[m.start() + 1 : m.end() - 1].strip()
            found = frozenset(fold(f) for f in self.forms(lemma))
            if not found:
                raise self.fail(f"no forms known for {lemma!r}")
            return Words(found | {w for f in found for w in self.spelling.variants(f)})
        if kind == "list":
            phrase = self.named(m["list"])
            return phrase[0] if len(phrase) == 1 else Choice((phrase,), False)
        if kind == "any":
            return Gap(1, 1)
        if kind == "number":
            return Number()
        if kind == "gap":
            least, most = int(m["least"]), int(m["most"])
            if not least <= most <= MAX_GAP:
                raise self.fail(f"a gap goes up to {MAX_GAP} words, least first")
            return Gap(least, most, single_words(self.named(m["but"])) if m["but"] else frozenset())
        if kind == "open":
            options = self.alternatives()
            if self.peek() != "close":
                raise self.fail("a parenthesis is not closed")
            self.take()
            return simplify(options)
        raise self.fail(f"{m[0]!r} cannot stand here")

    def named(self, name: str) -> Phrase:
        """The list of this name."""
        try:
            return self.lists[name]
        except KeyError:
            raise self.fail(f"no list @{name} in the pack") from None

    def glue(self, left: Node, right: Node) -> Node:
        """`malade` + `(s)`, `gamin` + `(e|s|es)`: a word and its endings, which may be absent."""
        if isinstance(right, Choice) and len(right.options) == 1 and not right.optional:
            right = Choice(right.options, True)
        if not isinstance(left, Words):
            left = as_words(left) or left
        endings = as_words(right)
        if not isinstance(left, Words) or endings is None:
            raise self.fail("only plain words can touch; put a space between phrases")
        absent = isinstance(right, Choice) and right.optional
        forms = {a + b for a in left.forms for b in endings.forms} | (set(left.forms) if absent else set())
        if "" in forms:
            raise self.fail("an ending needs a word that is there; write (mis|remis), not (re)?(mis)")
        if len(forms) > MAX_FORMS:
            raise self.fail(f"more than {MAX_FORMS} spellings of one word")
        return Words(frozenset(forms))


def as_words(node: Node) -> Words | None:
    """The node as one word, where it is one, or a choice among single words."""
    if isinstance(node, Choice):
        return node.words
    return node if isinstance(node, Words) else None


def holds_close(phrase: Phrase) -> bool:
    """Whether a `~` stands anywhere in the phrase."""
    return any(isinstance(n, Close) or (isinstance(n, Choice) and n.holds_close) for n in phrase)


def beginnings(phrase: Phrase) -> set[Any]:
    """What the phrase may begin with: `Words`, a `Gap`, or '' for nothing where all of it may be left out."""
    found: set[Any] = set()
    for node in phrase:
        if isinstance(node, Choice):
            here = set().union({""} if node.optional else (), *map(beginnings, node.options))
        elif isinstance(node, Gap):
            here = {Gap} | ({""} if node.least == 0 else set())
        else:
            here = {Gap if isinstance(node, Joint | Close) else Words}
        found |= here - {""}
        if "" not in here:
            return found
    return found | {""}


def fault(phrase: Phrase) -> str:
    """Why no phrase can be so: it may be empty, it begins with a gap, or an alternative in it does; '' where it can."""
    if "" in (begins := beginnings(phrase)):
        return "all of it is optional"
    if Gap in begins:
        return "a gap needs a word before it that is not optional"
    return inner_fault(phrase)


def inner_fault(phrase: Phrase) -> str:
    """What is wrong with the choices and the hyphens of a phrase, '' where nothing is."""
    for n, node in enumerate(phrase):
        if isinstance(node, Choice) and node.fault:
            return node.fault
        if isinstance(node, Joint):
            for joined in glued(phrase[n - 1], phrase[n + 1]):
                if len(phrase) > n + 2 and isinstance(phrase[n + 2], Joint):
                    inner = inner_fault((*joined, *phrase[n + 2 : n + 4]))
                    if inner:
                        return inner
    return ""


def glued(one: Node, other: Node) -> Iterator[Phrase]:
    """What two nodes tied by a hyphen are where they are written as one word. Raises RuleError where these are too many."""
    left, right = as_words(one), as_words(other)
    pairs: Iterable[tuple[Phrase, Phrase]]
    if left and right:
        pairs = [((left,), (right,))]
    else:
        pairs = product(
            one.options if isinstance(one, Choice) else [(one,)],
            other.options if isinstance(other, Choice) else [(other,)],
        )
    for before, after in pairs:
        last, first = (as_words(before[-1]), as_words(after[0])) if before and after else (None, None)
        if last and first:
            forms = frozenset(a + b for a in last.forms for b in first.forms if a and b)
            if len(forms) > MAX_FORMS:
                raise RuleError(f"more than {MAX_FORMS} spellings of words tied by hyphens")
            if forms:
                yield (*before[:-1], Words(forms), *after[1:])


def single_words(phrase: Phrase) -> frozenset[str]:
    """The single words of a choice, as a list is one; its phrases are left out."""
    options = [o for n in phrase if isinstance(n, Choice) for o in n.options] or [phrase]
    found = [as_words(option[0]) for option in options if len(option) == 1]
    return frozenset(form for words in found if words for form in words.forms)


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


def parse(
    source: str,
    forms: Forms,
    lists: Mapping[str, Phrase],
    spelling: Spelling = CAREFUL,
    known: dict[str, Node] | None = None,
) -> Phrase:
    """The phrase that a term means. `forms` gives a lemma's inflected forms, `lists` the named lists, `spelling` other spellings.

    `known` fills with the elements of terms, for the next with the same forms and lists. Raises RuleError, saying what
    is wrong in the term.
    """
    parser = _Parser(source, forms, lists, spelling, {} if known is None else known)
    options = parser.alternatives()
    if parser.peek():
        raise parser.fail("a parenthesis is closed but not opened")
    if len(options) > 1:
        choice = simplify(options)
        return (choice,)
    if not options[0]:
        raise parser.fail("a term cannot be empty")
    return options[0]


def length(phrase: Sequence[Node]) -> tuple[int, int]:
    """The least and the most words that a match of the phrase has; words tied by a hyphen may be one."""
    least = most = 0
    for node in phrase:
        if isinstance(node, Joint):
            least -= 1
        elif isinstance(node, Close):
            continue
        elif isinstance(node, Gap):
            least += node.least
            most += node.most
        elif isinstance(node, Choice):
            fewest, longest = node.length
            least += fewest
            most += longest
        else:
            least += 1
            most += 1
    return least, most


@dataclass(frozen=True)
class Lexicon:
    """What terms are read with: forms of lemmas, named lists, spellings; `frequency` is the share of compliant notes that hold a word."""

    forms: Forms
    lists: dict[str, Phrase]
    frequency: Callable[[str], float]
    spelling: Spelling = CAREFUL
    _phrases: dict[str, Phrase] = field(default_factory=dict)
    _elements: dict[str, Node] = field(default_factory=dict)

    def parse(self, source: str) -> Phrase:
        """The phrase that a term means. Raises RuleError where it is wrong, or names a list that is not there yet."""
        found = self._phrases.get(source)
        if found is None:
            found = parse(source, self.forms, self.lists, self.spelling, self._elements)
            self._phrases[source] = found
        return found

    def check(self, source: str, *, context: bool = False) -> None:
        """Raise RuleError where this is no term, or none of a context."""
        phrase = self.parse(source)
        if not context and holds_close(phrase):
            raise RuleError(f"{source!r}: `~` stands in contexts only")
        try:
            what = fault(phrase)
        except RuleError as exc:
            what = exc.message
        if what:
            raise RuleError(f"{source!r}: {what}")
