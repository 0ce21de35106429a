"""Rule packs: TOML text in, a compiled `Pack` out, or a RuleError that names the file and the rule.

Pure: the caller reads the files. The format is described in rules/README.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from motjuste import anchor, pattern, phrase, shape
from motjuste.errors import RuleError
from motjuste.forms import source as forms_source
from motjuste.keys import KEYS
from motjuste.model import CATEGORIES, Category, Context, Effect, Example, Key, Level, Pack, Rule, Term
from motjuste.text import DIGITS, fold, words

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LEVELS = get_args(Level)


@dataclass
class _Problems:
    """Collects every error of a pack, so that an author sees all of them at once."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")


def _parse_file(name: str, text: str, problems: _Problems) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        problems.add(name, f"not TOML: {exc}")
        return {}


def _line_of(text: str, rule_id: str) -> int:
    at = text.find(f'id = "{rule_id}"')
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def mark(text: str, fixed: str | None = None) -> Example:
    """An example with its offending part between [[ and ]] as an Example. Raises RuleError without one mark."""
    if text.count("[[") != 1 or text.count("]]") != 1 or text.index("[[") + 2 >= text.index("]]"):
        raise RuleError(f"mark the offending part once, between [[ and ]]: {text!r}")
    head, rest = text.split("[[")
    part, tail = rest.split("]]")
    return Example(head + part + tail, len(head), len(part), fixed)


def _context(raw: Mapping[str, Any], lexicon: pattern.Lexicon) -> Context:
    side = {"before": "before", "after": "after"}
    return Context(
        **{
            name: pattern.compile_context(terms, lexicon, side=side.get(name, ""))
            for name, terms in raw.items()
        }
    )


def _terms(raw: Mapping[str, Any], lexicon: pattern.Lexicon) -> tuple[Term, ...]:
    if "pattern" in raw:
        if "match" in raw:
            raise RuleError("give `match` or `pattern`, not both")
        pattern.check_subset(raw["pattern"])
        anchors = raw.get("anchors", [DIGITS])
        body = pattern.RAW_OPEN + "(?:" + raw["pattern"] + ")" + pattern.RAW_CLOSE
        key = Key(tuple(sorted({fold(a) for a in anchors})))
        return (Term((key,), body, 40, raw["pattern"], raw=True),)
    single: set[str] = set()
    phrases: list[Term] = []
    for source in raw.get("match", []):
        term = pattern.compile_term(source, lexicon)
        if term.pattern:
            phrases.append(term)
        else:
            single.update(term.anchors)
    if not single and not phrases:
        raise RuleError("a rule matches something: give `match` or `pattern`")
    head = [Term((Key(tuple(sorted(single))),))] if single else []
    return (*head, *phrases)


def _rule(raw: dict[str, Any], category: Category, lexicon: pattern.Lexicon, file: str) -> Rule:
    shape.check(raw, shape.RULE, "rule")
    level = raw.get("level", category.level)
    if level not in _LEVELS:
        raise RuleError(f"level is one of {', '.join(_LEVELS)}, not {level!r}")
    if not raw.get("why"):
        raise RuleError("say `why` in one plain sentence")
    if not raw.get("examples"):
        raise RuleError("no example, no rule: add `examples` with a marked `bad`")
    if raw.get("key", "") not in ("", *KEYS):
        raise RuleError(f"key is one of {', '.join(KEYS)}, not {raw['key']!r}")
    for example in raw["examples"]:
        if "bad" not in example:
            raise RuleError("an example has a marked `bad`, and `fixed` where you know it")
    maskable = [
        w for word in raw.get("maskable", []) for w in sorted(lexicon.forms(word) if " " not in word else ())
    ]
    return Rule(
        id=raw["id"],
        category=category.code,
        level=level,
        why=raw["why"],
        terms=_terms(raw, lexicon),
        unless=_context(raw.get("unless", {}), lexicon),
        needs=_context(raw.get("needs", {}), lexicon),
        key=raw.get("key", ""),
        say=raw.get("say"),
        maskable=tuple(sorted({fold(w) for w in maskable})),
        bad=tuple(mark(e["bad"], e.get("fixed")) for e in raw["examples"]),
        allowed=tuple(raw.get("allowed", [])),
        file=file,
    )


def _category(raw: dict[str, Any], lexicon: pattern.Lexicon) -> Category:
    for name in ("code", "label", "law", "advice", "level"):
        if not raw.get(name):
            raise RuleError(f"the category lacks `{name}`")
    if raw["code"] not in CATEGORIES:
        raise RuleError(f"unknown category {raw['code']!r}; known: {', '.join(CATEGORIES)}")
    if raw["level"] not in _LEVELS:
        raise RuleError(f"level is one of {', '.join(_LEVELS)}, not {raw['level']!r}")
    if raw.get("quoted", "") not in ("", *_LEVELS):
        raise RuleError(f"quoted is one of {', '.join(_LEVELS)}, not {raw['quoted']!r}")
    if any("say" not in effect for effect in raw.get("effect", [])):
        raise RuleError("an effect lacks `say`")
    effects = tuple(
        Effect(e["say"], pattern.compile_context(e.get("when", []), lexicon)) for e in raw.get("effect", [])
    )
    return Category(
        raw["code"],
        raw["label"],
        raw["law"],
        raw["advice"],
        raw["level"],
        effects,
        raw.get("inline", ""),
        raw.get("quoted", ""),
    )


def _strings(node: Any) -> Iterable[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for name, item in node.items():
            if name not in ("say", "messages", "pattern", "examples", "allowed", "why", "advice"):
                yield from _strings(item)


def lemmas(texts: Iterable[str]) -> set[str]:
    """Every word between braces in the terms of these pack files: those whose forms the table must hold."""
    found: set[str] = set()
    for text in texts:
        for term in _strings(tomllib.loads(text)):
            for lemma in re.findall(r"\{([^{}\n]+)\}", term):
                found.add(re.sub(r"^s(?:e |'|’)", "", lemma.strip().lower()))
    return found


def load(files: Mapping[str, str], *, strict: bool = True) -> Pack:
    """The pack of these files (name -> text): pack.toml, lists.toml, forms.toml and one file a category.

    Raises RuleError listing every problem, each as `file:line: rule: reason`.
    """
    problems = _Problems()
    parsed = {name: _parse_file(name, text, problems) for name, text in sorted(files.items())}
    for name, content in parsed.items():
        try:
            shape.check(content, shape.SHARED.get(name, shape.FILE), name)
        except RuleError as exc:
            problems.add(name, exc.message)
            content.clear()
    head = parsed.get("pack.toml", {})
    built = parsed.get("forms.toml", {})
    often = built.get("frequency", {})
    lexicon = pattern.Lexicon(forms_source(built.get("forms", {})), {}, _frequency(often), {})
    lists = parsed.get("lists.toml", {})
    for name, terms in lists.get("lists", {}).items():
        try:
            shape.check(terms, shape.TERMS, name)
            options = [phrase.parse(t, lexicon.forms, lexicon.lists) for t in terms]
            lexicon.lists[name] = (phrase.simplify(options),)
        except RuleError as exc:
            problems.add(f"lists.toml: @{name}", exc.message)
    categories: dict[str, Category] = {}
    rules: dict[str, Rule] = {}
    for name, content in parsed.items():
        if name not in shape.SHARED and content:
            _load_category(name, files[name], content, lexicon, categories, rules, problems)
    if problems.found:
        raise RuleError("\n".join(problems.found), hint="see rules/README.md for the format")
    if strict and not rules:
        raise RuleError("the pack has no rule", hint="reinstall motjuste, or check the --rules folder")
    content_digest = hashlib.sha256(
        "\0".join(f"{n}\0{t}" for n, t in sorted(files.items())).encode()
    ).hexdigest()
    return Pack(
        head.get("language", "fr"), head.get("version", "0"), content_digest, categories,
        tuple(rules[i] for i in sorted(rules)), tuple(lexicon.sets), head.get("messages", {}),
        tuple(sorted(often, key=lambda w: (-often[w], w))),
    )  # fmt: skip


def _frequency(table: Mapping[str, int]) -> anchor.Frequency:
    """The share of notes that hold a word; one that the table lacks is rare, less so when short or a number."""

    def frequency(word: str) -> float:
        if word.isdigit():
            return 0.1
        known = table.get(word)
        return known / 10_000 if known is not None else 10.0 ** -min(len(word), 5)

    return frequency


def frequencies(notes: Iterable[str]) -> dict[str, int]:
    """How many in 10,000 of these notes hold each word, for the words that a few of them hold."""
    counts: Counter[str] = Counter()
    total = 0
    for note in notes:
        total += 1
        counts.update({m[0] for m in words(fold(note))})
    return {w: round(n * 10_000 / total) for w, n in sorted(counts.items()) if n >= 3 and w.isalpha()}


def _load_category(
    name: str,
    text: str,
    content: dict[str, Any],
    lexicon: pattern.Lexicon,
    categories: dict[str, Category],
    rules: dict[str, Rule],
    problems: _Problems,
) -> None:
    try:
        category = _category(content.get("category", {}), lexicon)
    except RuleError as exc:
        problems.add(name, exc.message)
        return
    if category.code in categories:
        problems.add(name, f"category {category.code} is already defined by another file")
    categories[category.code] = category
    for raw in content.get("rule", []):
        rule_id = raw.get("id", "")
        where = f"{name}:{_line_of(text, rule_id)}: {rule_id or '(no id)'}"
        if not isinstance(rule_id, str) or not _ID.fullmatch(rule_id):
            problems.add(where, "the id is lower-case words with hyphens")
            continue
        if rule_id in rules:
            problems.add(where, "another rule has this id")
            continue
        try:
            rules[rule_id] = _rule(raw, category, lexicon, name)
        except RuleError as exc:
            problems.add(where, exc.message)
