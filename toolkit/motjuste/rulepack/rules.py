"""Rule packs: TOML text in, a compiled `Pack` out, or a RuleError that names the file, the line and the rule.

Pure: the caller reads the files. The format is described in rules/README.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from motjuste.engine.memory import growing
from motjuste.engine.program import Program
from motjuste.engine.text import fold, without_ligatures, words
from motjuste.errors import RuleError
from motjuste.files.lines import Path
from motjuste.model import CATEGORIES, Category, Change, Extension, Pack, Profile, Rewriting, Rule, Weights
from motjuste.rewriting import grammar
from motjuste.rulepack import link, phrase, shape
from motjuste.rulepack.draft import Draft
from motjuste.rulepack.forms import source as forms_source
from motjuste.rulepack.misspelt import NOT_MISSPELT, Misspelt
from motjuste.rulepack.rule import LEVELS, compile_category, compile_rule, extension_faults
from motjuste.rulepack.source import Problem, Source, named


class _Lists(dict[str, phrase.Phrase]):
    """The named lists. `unread` are the terms of those that are read when they are named first; `places`: each holds its place."""

    def __init__(self, parse: Callable[[str], phrase.Phrase], *, places: bool) -> None:
        super().__init__()
        self.unread: dict[str, list[str]] = {}
        self._parse, self._places = parse, places

    def __missing__(self, name: str) -> phrase.Phrase:
        return self.made(name, [self._parse(term) for term in self.unread.pop(name)])

    def made(self, name: str, options: list[phrase.Phrase]) -> phrase.Phrase:
        """The list of these terms."""
        place = [(phrase.Words(frozenset([link.place(name)])),)] if self._places else []
        found = self[name] = (phrase.simplify([*options, *place]),)
        return found


@dataclass
class _Loading:
    """A pack while it is read."""

    lexicon: phrase.Lexicon
    lists: _Lists
    before: Pack | None
    naming: dict[str, set[str]] = field(default_factory=dict)  # list -> those that it names
    words: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # words that the program takes: see link.py
    added: dict[str, list[str]] = field(default_factory=dict)  # shipped list -> words that own files add
    changed: set[str] = field(default_factory=set)  # lists of which what names them is looked at again
    categories: dict[str, Category] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    extensions: list[Extension] = field(default_factory=list)

    def change(self, lists: Set[str]) -> None:
        """Count these lists as changed, and those that name them."""
        while lists:
            self.changed |= lists
            lists = {n for n in self.naming if n not in self.changed and self.naming[n] & lists}


def near(name: str, known: Collection[str]) -> str:
    """What an unknown name may have meant: "; did you mean 'sante'?", or the known names where they are few."""
    close = get_close_matches(name, known, 3, 0.85) or get_close_matches(name, known, 3, 0.5)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}?"
    return f"; known: {', '.join(known)}" if known and len(known) <= len(CATEGORIES) else ""


@growing()
def read(
    files: Mapping[str, str],
    own: Mapping[str, str] | None = None,
    before: Pack | None = None,
    real: Container[str] | None = None,
) -> tuple[Pack, list[str]]:
    """The pack of these files and every problem in them, each as `file:line: rule: reason`.

    `files` (name -> text) are pack.toml, lists.toml, forms.toml, profiles.toml and one file a category; `own`
    are a user's own files, which add to them. What has a problem is left out of the pack. `before` is the pack
    of `files` alone, where it was compiled without a problem: what `own` does not change is taken from it. `real` are the
    words that are not taken for misspellings of others, instead of those of forms.toml.
    """
    problems: list[Problem] = []
    loading, shipped = _loaded(files, own, before, real, problems)
    beside = before or _beside(shipped, loading)
    rules = sorted(_compiled(loading), key=lambda r: r.id)
    persons = _persons(_content("pack.toml", shipped).get("persons", []), shipped, loading)
    content = [*sorted(files.items()), *sorted((own or {}).items())]
    pack = replace(
        beside, digest=hashlib.sha256("\0".join(f"{n}\0{t}" for n, t in content).encode()).hexdigest(),
        categories=loading.categories, rules=tuple(rules), persons=persons, extensions=tuple(loading.extensions),
    )  # fmt: skip
    found = sorted(problems, key=lambda p: p[:2])
    return pack, [f"{name}:{line}: {what}" for name, line, what in found]


def _loaded(
    files: Mapping[str, str],
    own: Mapping[str, str] | None,
    before: Pack | None,
    real: Container[str] | None,
    problems: list[Problem],
    program: Program | None = None,
    *,
    places: bool = False,
) -> tuple[_Loading, dict[str, Source]]:
    """The rules of these files before they are compiled, and the shipped files; `problems` gets what is wrong.

    A `program` of `files` takes the words that `own` adds to lists.
    """
    shipped = {n: Source(n, t, shape.SHARED.get(n, shape.FILE), problems) for n, t in sorted(files.items())}
    added = [Source(n, t, shape.OWN, problems) for n, t in sorted((own or {}).items())]
    for file in (*(() if before else shipped.values()), *added):
        file.check()
    built = _content("forms.toml", shipped)
    lists = _Lists(lambda term: lexicon.parse(term), places=places)
    lexicon = phrase.Lexicon(
        forms_source(built.get("forms", {})),
        lists,
        _Shares(built.get("frequency", {})).__getitem__,
        _spelling(
            _content("spelling.toml", shipped),
            frozenset(built.get("real", {}).get("words", "").split()) if real is None else real,
            shipped,
        ),
    )
    loading = _Loading(lexicon, lists, before)
    _load_lists(shipped.get("lists.toml"), added, loading)
    if program:
        loading.words = link.sources(program, _forms(loading, program))
    for name, file in shipped.items():
        if name not in shape.SHARED:
            _draft_category(file, loading)
    for file in added:
        _draft_own(file, loading)
    for file in added:
        _extend(file, loading)
    return loading, shipped


def _forms(loading: _Loading, program: Program) -> dict[str, set[str]]:
    """The words that own files add to shipped lists, with their misspellings but those that are words of the program."""
    found: dict[str, set[str]] = {}
    for name, told in loading.added.items():
        for word in told if name not in loading.changed else ():
            forms = phrase.single_words(loading.lexicon.parse(word))
            right = {fold(word), *(f for f in forms if not link.classed(program, without_ligatures(f)))}
            found.setdefault(name, set()).update(right)
    return found


@dataclass(frozen=True)
class Drafted:
    """Rules before they are compiled: `lexicon` reads their terms, `rules` are their tables by id, `effects` those of categories;
    `misspelt` are the words that misspellings are read as: none for a user's own files. `words` are added to the program that
    these rules are compiled beside: see link.py."""

    lexicon: phrase.Lexicon
    rules: Mapping[str, Mapping[str, Any]]
    effects: Mapping[str, Sequence[Mapping[str, Any]]]
    misspelt: Misspelt = NOT_MISSPELT
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def drafted(
    files: Mapping[str, str],
    own: Mapping[str, str] | None = None,
    before: Pack | None = None,
    program: Program | None = None,
) -> Drafted:
    """The rules of files that `read` found no problem in; beside `before` only what `own` adds to them or changes, but for words of lists
    that the `program` of `before` takes.
    """
    loading, shipped = _loaded(files, own, before, None, [], program, places=before is None)
    if not program:
        loading.change(set(loading.added))
    built = _content("forms.toml", shipped)

    def differs(raw: Any) -> bool:
        return not loading.changed.isdisjoint(named(str(raw)))

    rules = {
        rule_id: draft.raw for rule_id, draft in loading.drafts.items() if draft.same(loading.changed) is None
    }
    files_of = {id(draft.file): draft.file for draft in loading.drafts.values()}
    effects = {
        category["code"]: category.get("effect", [])
        for file in files_of.values()
        if before is None or not loading.changed.isdisjoint(file.named)
        if (category := file.content.get("category"))
        and (before is None or differs(category.get("effect", [])))
    }
    misspelt = NOT_MISSPELT if before else Misspelt.of(built.get("misspelt", {}), built.get("frequency", {}))
    return Drafted(loading.lexicon, rules, effects, misspelt, loading.words)


def load(files: Mapping[str, str], own: Mapping[str, str] | None = None, before: Pack | None = None) -> Pack:
    """The pack of these files (see `read`). Raises RuleError listing every problem."""
    pack, problems = read(files, own, before)
    refuse(problems)
    if not pack.rules:
        raise RuleError("the pack has no rule", hint="reinstall motjuste, or check the files given")
    return pack


def refuse(problems: Collection[str]) -> None:
    """Raise RuleError where there are problems, with all of them."""
    if problems:
        raise RuleError("\n".join(problems), hint="see rules/README.md for the format")


def _content(name: str, files: Mapping[str, Source]) -> dict[str, Any]:
    """What one of the shared files says; nothing where it is not there, or has not its shape."""
    return files[name].content if name in files and not files[name].faults else {}


def _beside(files: Mapping[str, Source], loading: _Loading) -> Pack:
    """What a pack has beside its rules, which no own file changes."""
    head = _content("pack.toml", files)
    return Pack(
        head.get("language", "fr"),
        head.get("version", "0"),
        digest="",
        categories={},
        rules=(),
        messages=head.get("messages", {}),
        profiles=_profiles(files["profiles.toml"], loading) if "profiles.toml" in files else {},
        weights=_weights(_content("weights.toml", files)),
        rewriting=_rewriting(_content("rewriting.toml", files), files),
    )


def _load_lists(shipped: Source | None, added: Sequence[Source], loading: _Loading) -> None:
    """The named lists, own words among the shipped ones; a list that others name is read before them."""
    lexicon = loading.lexicon
    pending: dict[str, list[tuple[Source, str]]] = {}
    for file in ([shipped] if shipped else []) + [*added]:
        lists = file.content.get("lists", {})
        for name, terms in lists.items() if isinstance(lists, dict) else ():
            if file.well_formed("lists", name):
                pending.setdefault(name, []).extend((file, term) for term in terms)
    names = loading.naming = {n: set().union(*(named(t) for _, t in terms)) for n, terms in pending.items()}
    for name, terms in pending.items():
        there = {fold(term) for file, term in terms if file is shipped}
        own = [term for file, term in terms if file is not shipped and fold(term) not in there]
        if not all(re.fullmatch("[a-zœæ]+", fold(term)) for term in own):
            loading.change({name})
        elif own and there:
            loading.added[name] = own
    if loading.before:
        same = [n for n in names if n not in loading.changed]
        loading.lists.unread = {n: [term for _, term in pending.pop(n)] for n in same}
    while pending:
        waiting = {n for n in pending if names[n] & pending.keys()}
        # lists that name each other are read all the same: the first will say that there is no such list
        for name in [n for n in pending if n not in waiting] or list(pending):
            options = []
            for file, term in pending.pop(name):
                try:
                    options.append(lexicon.parse(term))
                except RuleError as exc:
                    file.add(("lists", name), f"@{name}", exc.message)
            if options:
                loading.lists.made(name, options)


def _weights(table: Mapping[str, Any]) -> Weights | None:
    """The weights of a pack; None where it has none."""
    if not table:
        return None
    return Weights(
        table["threshold"],
        table["leading"],
        table["sure"],
        table["bias"],
        table["limits"],
        table["signs"],
        table["close"],
        table["far"],
        table["fault"],
        table["bases"],
        table["categories"],
        table.get("sense", {}),
        table.get("spared", {}),
    )


def _spelling(table: Mapping[str, Any], real: Container[str], files: Mapping[str, Source]) -> phrase.Spelling:
    """How the words of the pack are spelt in a hurry. `real`: what no slip may make."""
    slips = []
    for n, slip in enumerate(table.get("slip", [])):
        try:
            found = re.compile(slip["find"])
            found.sub(slip["write"], "")
        except KeyError as exc:
            files["spelling.toml"].add(("slip", n), "slip", f"{exc} is missing")
        except (re.error, IndexError) as exc:
            files["spelling.toml"].add(("slip", n), "slip", f"no regular expression, or no such group: {exc}")
        else:
            slips.append(
                phrase.Slip(found, slip["write"], slip.get("least", phrase.LONG), slip.get("alone", False))
            )
    short = {fold(word): [fold(w) for w in written] for word, written in table.get("short", {}).items()}
    return phrase.Spelling(short, slips, real)


def _rewriting(tables: Mapping[str, Any], files: Mapping[str, Source]) -> Rewriting:
    """What the pack says of rewriting."""
    return grammar.read(tables, lambda path, what: files["rewriting.toml"].add(path, _told(path), what))


def _told(path: Path) -> str:
    return " ".join(str(part) for part in path[:2])


def _persons(terms: Sequence[str], files: Mapping[str, Source], loading: _Loading) -> frozenset[str]:
    """The words for a person: the single ones of these terms, also as they are written with a ligature."""
    found: set[str] = set()
    for term in terms:
        try:
            parsed = loading.lexicon.parse(term)
        except RuleError as exc:
            files["pack.toml"].add(("persons",), term, exc.message)
        else:
            words = phrase.single_words(parsed)
            found |= {s for w in words for s in (w, w.replace("oe", "œ"), w.replace("ae", "æ"))}
    return frozenset(found)


def _draft_category(file: Source, loading: _Loading) -> None:
    before = loading.before
    known = sorted((r for r in before.rules if r.file == file.name), key=lambda r: r.line) if before else []
    if before and known and loading.changed.isdisjoint(file.named):
        category = before.categories[known[0].category]
        loading.categories[category.code] = category
        for n, rule in enumerate(known):
            loading.drafts[rule.id] = Draft(file, ("rule", n, "id"), category, rule)
        return
    if not file.content:
        return
    category = Category(
        "", "", "", "", "block"
    )  # rules are read all the same, to tell what is wrong with them
    raw = file.content.get("category", {})
    if file.well_formed("category"):
        category, faults = compile_category(raw, loading.lexicon)
        for what in faults:
            file.add(("category",), "", what)
        if category.code in loading.categories:
            file.add(("category", "code"), "", f"category {category.code} is already defined by another file")
        elif not faults:
            loading.categories[category.code] = category
    by_id = {rule.id: rule for rule in known}
    for path, rule_id, _ in file.tables("rule", "id"):
        _draft(rule_id, Draft(file, path, category, by_id.get(rule_id)), loading)


def _draft_own(file: Source, loading: _Loading) -> None:
    for path, rule_id, raw in file.tables("rule", "id"):
        code = raw.get("category", "")
        if code in loading.categories:
            _draft(rule_id, Draft(file, path, loading.categories[code], None), loading)
        elif code:
            file.add(path, rule_id, f"unknown category {code!r}{near(code, loading.categories)}")
        else:
            file.add(path, rule_id, 'say which `category` it belongs to, as in category = "sante"')


def _draft(rule_id: str, draft: Draft, loading: _Loading) -> None:
    if rule_id in loading.drafts:
        other = loading.drafts[rule_id]
        place = f"{other.file.name}:{other.line}"
        draft.file.add(draft.path, rule_id, f"another rule has this id ({place})")
    else:
        loading.drafts[rule_id] = draft


def _extend(file: Source, loading: _Loading) -> None:
    for path, rule_id, raw in file.tables("extend", "rule"):
        if rule_id not in loading.drafts:
            why = f"no rule {rule_id!r}{near(rule_id, loading.drafts)}" if rule_id else "say which `rule`"
            file.add(path, rule_id or "(no rule)", why)
            continue
        draft = loading.drafts[rule_id]
        faults = extension_faults(raw, draft.raw, loading.lexicon)
        for what in faults:
            file.add(path, rule_id, what)
        if not faults:
            draft.extend(raw)
            bad = (e["bad"].replace("[[", "").replace("]]", "") for e in raw.get("examples", []))
            texts = (*bad, *raw.get("allowed", []))
            loading.extensions.append(Extension(rule_id, file.name, file.line(path), texts))


def _compiled(loading: _Loading) -> Iterator[Rule]:
    for rule_id, draft in loading.drafts.items():
        if known := draft.same(loading.changed):
            yield known
            continue
        rule, faults = compile_rule(draft.raw, draft.category, loading.lexicon, draft.file.name, draft.line)
        for what in faults:
            draft.file.add(draft.path, rule_id, what)
        if not faults and rule.category:
            yield rule


def _profiles(file: Source, loading: _Loading) -> dict[str, Profile]:
    """The trade profiles; each change names one rule or category that is there, and says why and on what law."""
    found: dict[str, Profile] = {}
    if file.faults:
        return found
    for name, raw in file.content.get("profile", {}).items():
        changes = []
        where: Path = ("profile", name)
        if not raw.get("label") or not raw.get("change"):
            file.add(where, name, "a profile has a `label` and at least one [[change]]")
        for n, change in enumerate(raw.get("change", [])):
            target = change.get("rule") or change.get("category", "")
            known = loading.drafts if "rule" in change else loading.categories
            level = change.get("level")
            if ("rule" in change) == ("category" in change):
                file.add((*where, "change", n), name, "a change names one `rule` or one `category`")
            elif target not in known:
                kind = "rule" if "rule" in change else "category"
                file.add((*where, "change", n), name, f"no {kind} {target!r}{near(target, known)}")
            if level not in (*LEVELS, shape.OFF):
                levels = ", ".join((*LEVELS, shape.OFF))
                file.add((*where, "change", n), name, f"level is one of {levels}, not {level!r}")
            if not change.get("why") or not change.get("law"):
                file.add(
                    (*where, "change", n), name, "a change says `why`, and the text of `law` that allows it"
                )
            line = file.line((*where, "change", n))
            changes.append(
                Change(target, level, change.get("why", ""), change.get("law", ""), f"{file.name}:{line}")
            )
        found[name] = Profile(name, raw.get("label", ""), tuple(changes))
    return found


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
            for lemma in re.findall(r"\{([^{}\n\d]+)\}", term):
                found.add(re.sub(r"^s(?:e |'|’)", "", lemma.strip().lower()))
    return found


class _Shares(dict[str, float]):
    """The share of notes that hold a word; one that the table lacks is rare, less so when short or a number."""

    def __init__(self, table: Mapping[str, int]) -> None:
        super().__init__((word, known / 10_000) for word, known in table.items() if not word.isdigit())

    def __missing__(self, word: str) -> float:
        share = self[word] = 0.1 if word.isdigit() else 10.0 ** -min(len(word), 5)
        return share


class _Asked(frozenset[str]):
    """Words, and those of them that were asked for."""

    def __init__(self, _: Iterable[str]) -> None:
        self.met: set[str] = set()

    def __contains__(self, word: object) -> bool:
        found = super().__contains__(word)
        if found:
            self.met.add(str(word))
        return found


def real_words(files: Mapping[str, str], lexicon: Iterable[str]) -> list[str]:
    """The words of a lexicon, folded, that the slips of spelling.toml make of other words of these pack files."""
    asked = _Asked(map(fold, lexicon))
    read(files, real=asked)
    return sorted(asked.met)


def frequencies(notes: Iterable[str]) -> dict[str, int]:
    """How many in 10,000 of these notes hold each word, for the words that a few of them hold."""
    counts: Counter[str] = Counter()
    total = 0
    for note in notes:
        total += 1
        counts.update({m[0] for m in words(fold(note))})
    return {w: round(n * 10_000 / total) for w, n in sorted(counts.items()) if n >= 3 and w.isalpha()}
