"""One rule, one category or one addition to a rule: a table of TOML in, a compiled value and its faults out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar, get_args

from motjuste.engine.checksum import KEYS
from motjuste.engine.text import DIGITS, fold
from motjuste.errors import RuleError
from motjuste.model import CATEGORIES, Capitals, Category, Effect, Example, Expression, Level, Rule
from motjuste.rulepack.phrase import Lexicon
from motjuste.rulepack.raw import expression

T = TypeVar("T")
Table = Mapping[str, Any]
LEVELS: tuple[str, ...] = get_args(Level)


class Faults(list[str]):
    """What is wrong with one table: everything, so that an author mends it in one go."""

    def attempt(self, make: Callable[[], T], instead: T) -> T:
        """What `make` returns; where it raises RuleError, the reason is kept and `instead` returned."""
        try:
            return make()
        except RuleError as exc:
            self.append(exc.message)
            return instead


def mark(text: str, fixed: str | None = None) -> Example:
    """An example with its offending part between [[ and ]] as an Example. Raises RuleError without one mark."""
    if text.count("[[") != 1 or text.count("]]") != 1 or text.index("[[") + 2 >= text.index("]]"):
        raise RuleError(f"mark the offending part once, between [[ and ]]: {text!r}")
    head, rest = text.split("[[")
    part, tail = rest.split("]]")
    return Example(head + part + tail, len(head), len(part), fixed)


def compile_rule(
    raw: Table, category: Category, lexicon: Lexicon, file: str, line: int
) -> tuple[Rule, Faults]:
    """The rule of a table that has the shape of one, and what is wrong with it; used only where nothing is."""
    faults = Faults()
    level = raw.get("level", category.level)
    if level not in LEVELS:
        faults.append(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    if not raw.get("why"):
        faults.append("say `why` in one plain sentence")
    if not raw.get("examples") and not raw.get("together"):
        faults.append("no example, no rule: add `examples` with a marked `bad`")
    if raw.get("key", "") not in ("", *KEYS):
        faults.append(f"key is one of {', '.join(KEYS)}, not {raw['key']!r}")
    rule = Rule(
        id=raw["id"],
        category=category.code,
        level=level,
        why=raw.get("why", ""),
        match=tuple(raw.get("match", ())),
        expression=_matched(raw, lexicon, faults),
        key=raw.get("key", ""),
        together=raw.get("together", False),
        firm=raw.get("firm", False),
        say=raw.get("say"),
        maskable=_maskable(raw.get("maskable", []), lexicon),
        bad=tuple(_examples(raw.get("examples", []), faults)),
        allowed=tuple(raw.get("allowed", [])),
        file=file,
        line=line,
    )
    for kind in ("unless", "needs"):
        _context(raw.get(kind, {}), lexicon, faults)
    return rule, faults


def compile_category(raw: Table, lexicon: Lexicon) -> tuple[Category, Faults]:
    """The category of a table that has the shape of one, and what is wrong with it."""
    faults = Faults(
        f"the category lacks `{n}`" for n in ("code", "label", "law", "advice", "level") if not raw.get(n)
    )
    code, level = raw.get("code", ""), raw.get("level", "")
    if code and code not in CATEGORIES:
        faults.append(f"unknown category {code!r}; known: {', '.join(CATEGORIES)}")
    if level and level not in LEVELS:
        faults.append(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    effects = []
    for effect in raw.get("effect", []):
        if "say" not in effect:
            faults.append("an effect lacks `say`")
            continue
        for field in ("when", "said", "without"):
            _alternatives(effect.get(field, []), lexicon, faults)
        effects.append(Effect(effect["say"], effect.get("filled", False), effect.get("because", "")))
    faults += [
        f"{name} is one of {', '.join(LEVELS)}, not {raw[name]!r}"
        for name in ("quoted", "unsure")
        if raw.get(name, "") not in ("", *LEVELS)
    ]
    if raw.get("capitals", "") not in ("", *get_args(Capitals)):
        faults.append(f"capitals is {', '.join(get_args(Capitals))} or left out, not {raw['capitals']!r}")
    texts = (raw.get("label", ""), raw.get("law", ""), raw.get("advice", ""))
    rest = {n: raw.get(n, "") for n in ("inline", "quoted", "unsure", "capitals")}
    return Category(code, *texts, level, tuple(effects), opinion=raw.get("opinion", False), **rest), faults


def extension_faults(raw: Table, target: Table, lexicon: Lexicon) -> Faults:
    """What is wrong with an addition to the rule of table `target`."""
    faults = Faults()
    if not any(raw.get(name) for name in ("match", "maskable", "unless")):
        faults.append("an extension adds `match`, `maskable` or `unless`")
    if raw.get("match") and "pattern" in target:
        faults.append("the rule is a `pattern`: add a rule of your own for other numbers")
    elif raw.get("match"):
        _matched(raw, lexicon, faults)
    if (raw.get("match") or raw.get("maskable")) and not raw.get("examples"):
        faults.append("no example, no word: add `examples` with a marked `bad`")
    if raw.get("unless") and not raw.get("allowed"):
        faults.append("no example, no exception: add to `allowed` a text that it leaves alone")
    _context(raw.get("unless", {}), lexicon, faults)
    list(_examples(raw.get("examples", []), faults))
    return faults


def extended(target: Table, raw: Table) -> dict[str, Any]:
    """The table of a rule with what an extension adds to it."""
    found = dict(target)
    for name in ("match", "maskable", "examples", "allowed"):
        if raw.get(name):
            found[name] = [*target.get(name, []), *raw[name]]
    if raw.get("unless"):
        sides = dict(target.get("unless", {}))
        for side, terms in raw["unless"].items():
            sides[side] = [*sides.get(side, []), *terms]
        found["unless"] = sides
    return found


def _examples(raw: Iterable[Table], faults: Faults) -> Iterator[Example]:
    for example in raw:
        if "bad" not in example:
            faults.append("an example has a marked `bad`, and `fixed` where you know it")
            continue
        marked = faults.attempt(partial(mark, example["bad"], example.get("fixed")), None)
        if marked:
            yield marked


def _maskable(words: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
    forms = (form for word in words if " " not in word for form in lexicon.forms(word))
    return tuple(sorted({fold(form) for form in forms}))


def _context(raw: Table, lexicon: Lexicon, faults: Faults) -> None:
    """Look for what is wrong with the terms around a match."""
    for side, terms in raw.items():
        if "^" in terms and side not in ("before", "after"):
            faults.append("`^` stands before or after a match only")
        _alternatives((term for term in terms if term != "^"), lexicon, faults)


def _alternatives(terms: Iterable[str], lexicon: Lexicon, faults: Faults) -> None:
    for term in terms:
        faults.attempt(partial(lexicon.check, term, context=True), None)


def _matched(raw: Table, lexicon: Lexicon, faults: Faults) -> Expression | None:
    """Look for what is wrong with what a rule matches; its regular expression, where it has one."""
    if "pattern" in raw:
        if "match" in raw:
            faults.append("give `match` or `pattern`, not both")
        anchors = raw.get("anchors", [DIGITS])
        return faults.attempt(partial(expression, raw["pattern"], anchors, lexicon.frequency), None)
    if not raw.get("match") and not raw.get("together"):
        faults.append("a rule matches something: give `match` or `pattern`")
    for source in raw.get("match", []) if not raw.get("together") else ():
        faults.attempt(partial(lexicon.check, source), None)
    return None
