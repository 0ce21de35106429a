"""The programs of a matcher as the rows of the tables in sql/20_tables.sql."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from motjuste.engine.matcher import EDGE, SIDES, Matcher, Part
from motjuste.engine.program import HEAD, ITEM, KEYWORD, Program, Words
from motjuste.engine.read import NUMBER
from motjuste.rulepack.raw import CLOSE, OPEN, holds, loosened

Rows = list[tuple[Any, ...]]
Content = dict[str, tuple[tuple[str, ...], Rows]]
FORK = 4  # integers
FEW = 8  # of a set with no more classes, each is looked up in its list; of a larger one, the classes know it
CLASS = 10_000_000  # while a code is made, a class is that number, so much higher


def rows(matcher: Matcher) -> Content:
    """Table -> (columns, rows), in an order that satisfies the foreign keys. Deterministic."""
    pack = matcher.pack
    limits = matcher.scale.limits if matcher.scale else {}
    spared = matcher.scale.learnt.spared if matcher.scale else {}
    maskable: dict[str, str] = {}
    for rule in pack.rules:
        for word in rule.maskable:
            maskable[word] = min(rule.id, maskable.get(word, rule.id))
    return {
        "category": (
            ("code", "label", "law", "advice", "inline", "quoted", "unsure", "capitals"),
            [
                (c.code, c.label, c.law, c.advice, c.inline, c.quoted, c.unsure, c.capitals)
                for _, c in sorted(pack.categories.items())
            ],
        ),
        "message": (("name", "body"), sorted(pack.messages.items())),
        "rule": (
            ("id", "category", "level", "why", "key", "together", "calm", "spared"),
            [
                (r.id, r.category, r.level, r.why, r.key, r.together, limits.get(r.id), spared.get(r.id))
                for r in pack.rules
            ],
        ),
        **_Tables(matcher.parts, matcher.scale.leading if matcher.scale else ()).rows(),
        "maskable": (("word", "rule_id"), sorted(maskable.items())),
        **_weights(matcher),
    }


@dataclass
class _Tables:
    """The tables of the programs of a matcher, one after the other: what is numbered in the second goes on after the first."""

    parts: Sequence[Part]
    leading: Collection[str]
    sets: dict[tuple[int, ...], int] = field(default_factory=dict)  # classes -> number; those that are used
    opening: dict[int, Sequence[int]] = field(default_factory=dict)  # the same, of those that are keywords
    used: set[int] = field(default_factory=set)  # classes
    around: dict[int, list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # class -> keywords of contexts
    phrases: Rows = field(default_factory=list)
    contexts: Rows = field(default_factory=list)
    forks: Rows = field(default_factory=list)
    known: dict[tuple[Any, ...], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # keyword -> phrases
    raws: Rows = field(default_factory=list)
    calls: Rows = field(default_factory=list)
    single: set[int] = field(default_factory=set)  # phrases of one word
    size: int = 0  # phrases of the programs before

    def rows(self) -> Content:
        """All rows of these tables."""
        classes = _Classes([part.program for part in self.parts])
        spelt, usual = _spelt(self.parts[0].program)
        size = 0
        for number, part in enumerate(self.parts):
            self._part(part, size, classes, number)
            size += len(part.program.set_at) - 1
        keywords: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for (set_id, *places), found in sorted(self.known.items(), key=repr):
            alone = [n for n, _ in found if n in self.single]
            more = [(n, entry) for n, entry in found if n not in self.single]
            entries = [entry for _, entry in more]
            told = (alone, [n for n, _ in more], entries if any(entries) else [])
            keywords[set_id].append((*places, *(_array(one) if one else None for one in told)))
        opened: defaultdict[int, list[int]] = defaultdict(list)
        for set_id in keywords:
            for one in self.opening[set_id]:
                opened[one].append(set_id)
        holding: defaultdict[int, list[int]] = defaultdict(list)  # class -> its sets
        for held, set_id in self.sets.items():
            for one in held:
                holding[one].append(set_id)
        callers = {word for word, *_ in self.calls}
        return {
            "word": (
                ("word", "class", "leads", "keywords", "calls", "spelt", "usual"),
                [
                    (
                        w,
                        c if c is None or c in self.used else 0,
                        w in self.leading,
                        _array(opened[c]) if c is not None and c in opened else None,
                        w in callers,
                        spelt.get(w),
                        w in usual,
                    )
                    for w, c in classes.words(callers.union(self.leading))
                ],
            ),
            "keyword": (
                (
                    "set_id",
                    "part",
                    "least",
                    "most",
                    "near",
                    "also_least",
                    "also_most",
                    "also",
                    "alone",
                    "phrases",
                    "entries",
                ),
                [
                    (set_id, n, *one)
                    for set_id, found in sorted(keywords.items())
                    for n, one in enumerate(found)
                ],
            ),
            "class": (
                ("id", "sets", "phrases", "entries"),
                [
                    (
                        one,
                        _array(holding[one]) if one in holding else None,
                        _array(n for n, _ in self.around[one]) if one in self.around else None,
                        _array(entry for _, entry in self.around[one]) if one in self.around else None,
                    )
                    for one in sorted({*holding, *self.around})
                ],
            ),
            "fork": (("id", "least", "most", "but", "signs"), self.forks),
            "phrase": (("id", "rule_id", "width", "code"), self.phrases),
            "context": (("rule_id", "kind", "side", "edge", "phrases"), self.contexts),
            "raw": (("id", "rule_id", "pattern", "reach", "holds", "loose"), self.raws),
            "raw_word": (("word", "part", "raw_id", "beside", "away"), self.calls),
        }

    def _part(self, part: Part, size: int, classes: _Classes, number: int) -> None:
        """Take in a program, whose sets are numbered from `size` on."""
        program, base, forks = part.program, self.size, len(self.forks)
        terms = program.meta["term_rules"]
        wanted: set[int] = set()
        for rule, told in zip(part.rules, part.told, strict=True):
            if rule is None:
                continue
            for kind in ("needs", "unless"):
                for side in SIDES:
                    numbers = told[kind].get(side, ())
                    phrases = [len(terms) + n for n in numbers if n != EDGE]
                    wanted.update(phrases)
                    if numbers:
                        moved = _array(base + n for n in phrases)
                        self.contexts.append((rule.id, kind, side, EDGE in numbers, moved))
            self._raw(rule.id, told["raw"])
        known: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
        for at in range(0, len(program.keywords), KEYWORD):
            keyword = program.keywords[at : at + KEYWORD]
            known[keyword[1]].append(keyword)
        members: dict[int, list[int]] = {}  # set -> its classes as they are numbered here

        def classes_of(one: int) -> list[int]:
            if one not in members:
                members[one] = classes.of(number, _row(program.set_at, program.set_classes, one))
            return members[one]

        def united(code: Sequence[int]) -> tuple[int, list[int]]:
            """The code as motjuste.phrase has it, with one item where several sets lead to the same, and one list where several are alike;
            and the most items of a list that are looked at one by one."""
            heads = 1 + HEAD * code[0]
            known: dict[tuple[int, int], int] = {}  # (place, number) -> list
            lists: dict[tuple[tuple[int, int], ...], int] = {}  # its items: (what, list that follows)

            def listed(place: int, size: int) -> int:
                if (place, size) not in known:
                    ahead: defaultdict[int, set[int]] = defaultdict(
                        set
                    )  # list that follows -> classes that lead to it
                    others: set[tuple[int, int]] = set()
                    for at in range(heads + ITEM * place, heads + ITEM * (place + size), ITEM):
                        what, follows = code[at], listed(*code[at + 1 : at + ITEM])
                        if what >= 0:
                            ahead[follows].update(classes_of(what))
                        else:
                            others.add((what if what == -1 else what - forks, follows))
                    items = sorted(others)
                    taken: set[int] = set()
                    for follows, found in sorted(ahead.items()):
                        if len(found) <= FEW and taken.isdisjoint(found):
                            taken |= found
                            items += [(CLASS + one, follows) for one in sorted(found)]
                        else:
                            items.append((self._set(found), follows))
                    known[place, size] = lists.setdefault(tuple(items), len(lists))
                return known[place, size]

            wanted = [listed(*code[at + n : at + n + 2]) for at in range(1, heads, HEAD) for n in (1, 3)]
            written: list[tuple[list[tuple[int, int]], dict[int, int]]] = []
            places = [2 + len(wanted)]
            for items in lists:
                single = {what: follows for what, follows in items if what >= CLASS}
                one_by_one = [
                    (what if what < CLASS else self._number([what - CLASS]), follows)
                    for what, follows in items
                    if single.get(what) != follows
                ]
                written.append((one_by_one, single))
                places.append(places[-1] + 2 + 2 * len(items))
            found = [code[0], *(places[n] for n in wanted)]
            for one_by_one, single in written:
                found += [len(one_by_one), len(single)]
                found += [what for what, _ in one_by_one] + [what - CLASS for what in single]
                found += [places[follows] for _, follows in one_by_one] + [places[n] for n in single.values()]
            return max(len(one_by_one) for one_by_one, _ in written), found

        for n in range(0, len(program.phrase_forks), FORK):
            least, most, but, signs = program.phrase_forks[n : n + FORK]
            none = self._number(classes_of(but)) if but >= 0 else None
            self.forks.append((len(self.forks), least, most, none, signs))
        near: dict[int, str | None] = {}
        for n in range(len(program.phrase_at) - 1):
            rule = part.rule_of(n) if n < len(terms) else None
            if rule is None and n not in wanted:
                continue
            code = list(program.phrases[program.phrase_at[n] : program.phrase_at[n + 1]])
            if not code:
                self.single.add(base + n)
            width, code = united(code) if code else (0, code)
            for set_id, _, entry, *places in known[n]:
                if rule is None:
                    for held in classes_of(set_id):
                        self.around[held].append((base + n, entry))
                    continue
                self.opening[set_id + size] = classes_of(set_id)
                for beside in places[2::3]:
                    if beside not in near:
                        sets = _row(program.near_at, program.near, beside)
                        near[beside] = (
                            _array(sorted({one for s in sets for one in classes_of(s)})) if sets else None
                        )
                key = (*places[:2], near[places[2]], *places[3:5], near[places[5]])
                self.known[(set_id + size, *key)].append((base + n, entry))
            self.phrases.append((base + n, rule.id if rule else None, width, _array(code)))
        self.size += len(program.phrase_at) - 1
        self.used.update(*members.values())

    def _set(self, classes: Collection[int]) -> int:
        """What stands for any of these classes in a code: the one, or a set."""
        if len(classes) == 1:
            return CLASS + next(iter(classes))
        return self._number(classes)

    def _number(self, classes: Collection[int]) -> int:
        """The number of a set of classes."""
        return self.sets.setdefault(tuple(sorted(classes)), len(self.sets))

    def _raw(self, rule: str, found: Iterable[dict[str, Any]]) -> None:
        for one in found:
            pattern = one["pattern"]
            source = pattern.removeprefix(f"{OPEN}(?:").removesuffix(f"){CLOSE}")
            self.raws.append((len(self.raws), rule, pattern, one["reach"], holds(source), loosened(pattern)))
            for anchors, needs in one["keys"]:
                beside = _texts(words[0] for words, _, _ in needs)
                away = _array(least for _, least, _ in needs)
                for word in anchors:
                    self.calls.append((word, len(self.calls), len(self.raws) - 1, beside, away))


class _Classes:
    """The classes of the words of one program, or of two together: a word that both know has one that stands for both of its own."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        first = programs[0]
        self._words = dict(zip(first.vocabulary, first.word_class, strict=True))
        self._more: list[defaultdict[int, list[int]]] = [defaultdict(list), defaultdict(list)]
        if len(programs) == 1:
            return
        other = programs[1]
        number = self._words.get(NUMBER, 0)
        pairs: dict[tuple[int, int], int] = {}
        size = max(first.word_class, default=0)
        theirs = dict(zip(other.vocabulary, other.word_class, strict=True))
        digits = theirs.get(NUMBER, 0)
        for word in {**self._words, **theirs}:
            one = self._words.get(word, number if word.isdigit() else 0)
            two = theirs.get(word, digits if word.isdigit() else 0)
            if two:
                self._words[word] = pairs.setdefault((one, two), size + len(pairs) + 1)
        for (one, two), both in pairs.items():
            self._more[0][one].append(both)
            self._more[1][two].append(both)

    def words(self, more: Collection[str]) -> Iterator[tuple[str, int | None]]:
        """Each word with its class, in order, and `more`, which may be none of the rules."""
        found = {**dict.fromkeys(more), **self._words}
        return iter(sorted(found.items(), key=lambda item: item[0].encode()))

    def of(self, number: int, classes: Iterable[int]) -> list[int]:
        """Those of a program as they are numbered here."""
        more = self._more[number]
        kept = classes if number == 0 else ()
        return sorted({*kept, *(b for c in classes for b in more.get(c, ()))})


def _spelt(program: Program) -> tuple[dict[str, int], set[str]]:
    """Of the words that misspellings are read as, and of common ones that are as near, the place, from 1; below 0 of the latter. And the usual words."""
    word = program.vocabulary.word
    spelt = {word(n): place if program.word_class[n] else -place for place, n in enumerate(program.spelt, 1)}
    return spelt, set(map(word, program.usual))


def _weights(matcher: Matcher) -> Content:
    weights: Rows = []
    scale: Rows = []
    if matcher.scale:
        program = matcher.parts[0].program
        codes = sorted(set(program.columns) - {"fault", "close", "far", "signs", "sense"})
        size = len(program.feature_at) - 1
        table = {
            name: program.weights[n * size : (n + 1) * size] for n, name in enumerate(program.meta["columns"])
        }
        for n, feature in enumerate(Words(program.features, program.feature_at)):
            told = [table[code][n] for code in codes]
            alone = (table[c][n] for c in ("fault", "close", "far", "signs", "sense"))
            weights.append((feature, *alone, _array(told) if any(told) else None))
        known = matcher.scale.learnt
        for code in ("", *codes):
            scale.append((
                code, known.bases[code] if code else known.bias, known.threshold, known.sure,
                codes.index(code) + 1 if code else 0,
                "{}" if code else _texts(sorted(matcher.pack.persons)),
            ))  # fmt: skip
    return {
        "weight": (("token", "fault", "close", "far", "sign", "sense", "categories"), weights),
        "scale": (("category", "base", "threshold", "sure", "place", "person_words"), scale),
    }


def _row(at: Sequence[int], content: Sequence[int], number: int) -> Sequence[int]:
    return content[at[number] : at[number + 1]]


def _texts(words: Iterable[str]) -> str:
    """An array of folded words as PostgreSQL reads and writes it."""
    return "{" + ",".join('"null"' if word == "null" else word for word in words) + "}"


def _array(items: Iterable[object]) -> str:
    """An array of numbers as PostgreSQL reads and writes it."""
    return "{" + str([*items])[1:-1].replace(" ", "") + "}"
