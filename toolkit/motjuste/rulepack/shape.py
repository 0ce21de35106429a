"""The shape of a pack file: which fields a table may have, and of what type. What they mean is for `rules`.

One description serves the loader, which refuses what has not this shape, and the JSON Schema by which an
editor completes and checks a pack while it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from motjuste.engine.checksum import KEYS
from motjuste.files.lines import Path
from motjuste.model import CATEGORIES, SLOTS, Capitals, Level

# A shape is a type, a list of one shape, the fields of a table, or {"*": the shape of every value of a table}.
TERMS = [str]
CONTEXT = {"before": TERMS, "after": TERMS, "near": TERMS, "phrase": TERMS}
EXAMPLE = {"bad": str, "fixed": str}
RULE = {
    "id": str, "level": str, "why": str, "match": TERMS, "pattern": str, "anchors": TERMS, "key": str, "together": bool, "firm": bool, "unless": CONTEXT,
    "needs": CONTEXT, "say": str, "maskable": TERMS, "examples": [EXAMPLE], "allowed": [str],
}  # fmt: skip
EFFECT = {"say": str, "when": TERMS, "said": TERMS, "without": TERMS, "filled": bool, "because": str}
CATEGORY = {
    "code": str, "label": str, "law": str, "advice": str, "level": str, "inline": str, "quoted": str, "unsure": str, "capitals": str, "opinion": bool, "unless": CONTEXT,
    "effect": [EFFECT],
}  # fmt: skip
CHANGE = {"category": str, "rule": str, "level": str, "why": str, "law": str}
PROFILE = {"label": str, "change": [CHANGE]}
EXTEND = {
    "rule": str, "match": TERMS, "maskable": TERMS, "unless": CONTEXT, "examples": [EXAMPLE], "allowed": [str],
}  # fmt: skip

FILE = {"category": CATEGORY, "rule": [RULE]}  # a category's file
OWN = {"lists": {"*": TERMS}, "rule": [{"category": str, **RULE}], "extend": [EXTEND]}  # a user's own file
WORDS = {"*": int}
EXPRESSIONS = {"*": [str]}
PRONOUN = {"subject": str, "names": [str], "whom": [str], "object": str, "article": str, "elided": str}
SHARED: dict[str, dict[str, Any]] = {
    "pack.toml": {"language": str, "version": str, "persons": TERMS, "messages": {"*": str}},
    "lists.toml": {"lists": {"*": TERMS}},
    "forms.toml": {
        "forms": {"*": str},
        "real": {"words": str},
        "frequency": {"*": int},
        "misspelt": {"meant": str, "real": str},
    },
    "profiles.toml": {"profile": {"*": PROFILE}},
    "weights.toml": {
        "threshold": int,
        "leading": int,
        "sure": int,
        "bias": int,
        "limits": WORDS,
        "spared": WORDS,
        "sense": WORDS,
        "signs": WORDS,
        "close": WORDS,
        "far": WORDS,
        "fault": WORDS,
        "bases": WORDS,
        "categories": {"*": WORDS},
    },
    "spelling.toml": {
        "short": {"*": [str]},
        "slip": [{"find": str, "write": str, "least": int, "alone": bool}],
    },
    "rewriting.toml": {
        "words": {"*": [str]},
        "folded": EXPRESSIONS,
        "slots": EXPRESSIONS,
        "written": EXPRESSIONS,
        "places": {"*": str},
        "pronoun": [PRONOUN],
    },
    "guide.toml": {
        "guide": {"title": str, "why": str, "test": str, "habits": [str], "control": str},
        "reason": {"*": str},
        "pairs": {"*": [{"bad": str, "fixed": str}]},
        "notice": {"*": str},
    },
}
_TAKES = {str: "text, in quotes", int: "a whole number", bool: "true or false"}
IDS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
OFF = "off"  # the level of a rule that a profile switches off


def faults(value: Any, shape: Any, name: str, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Everything in which a value has not this shape: (where it is, what its field takes)."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            fields = f"is a table, as in {{ {next(iter(shape))} = ... }}"
            yield path, f"`{name}` {'takes a table' if '*' in shape else fields}"
            return
        unknown = sorted(set(value) - set(shape)) if "*" not in shape else []
        if unknown:
            yield (*path, unknown[0]), f"unknown field {unknown} in `{name}`; known: {sorted(shape)}"
        for field, inner in value.items():
            if field not in unknown:
                yield from faults(inner, shape.get(field, shape.get("*")), field, (*path, field))
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield path, f"`{name}` is a list, between [ and ]"
            return
        for n, item in enumerate(value):
            yield from faults(item, shape[0], name, (*path, n))
    elif type(value) is not shape:
        yield path, f"`{name}` takes {_TAKES[shape]}"
    elif name == "say":
        for what in _slots(value):
            yield path, what


def _slots(wording: str) -> Iterator[str]:
    """A slot is known, and stands in the brackets that go with it where nothing fills it."""
    inside = "".join(re.findall(r"\[[^\]]*\]", wording))
    for slot in re.findall(r"\{([^}]*)\}", wording):
        if slot not in SLOTS:
            yield f"unknown slot {{{slot}}} in `say`; known: {', '.join(SLOTS)}"
        elif "{" + slot + "}" not in inside:
            yield f"the slot {{{slot}}} of `say` stands between [ and ]"


# -- for editors -----------------------------------------------------------------------------------

_MEANING = {
    "category": "What the rules of this file are about; in a rule of your own pack, the code of its category.",
    "rule": "A rule: what a note may not say, with its examples; in a profile or an extension, the id of one.",
    "extend": "Words or exceptions that your own pack adds to a rule that is there.",
    "lists": "Named lists of terms, written @name in a term; your own words join a list that is there.",
    "profile": "Trade profiles: what the law allows a trade that it forbids elsewhere.",
    "change": "What a profile changes: one category or one rule, lowered or switched off, why, on what text of law.",
    "language": "The language of the pack, as in `fr`.",
    "firm": "true: the words are said of nothing else; those around them have to say much against a match.",
    "persons": "Words for a person: the words around have to say more against what is said right after one.",
    "version": "The version of the pack, kept by each database and each scan.",
    "messages": "What agents read when a note is refused or warned of.",
    "short": "Words that every phrase is made of, and how they are shortened in a hurry.",
    "slip": "A usual misspelling of long words.",
    "least": "How many letters a word has at least of which this is a usual misspelling; seven where left out.",
    "real": "Words that a slip would make of others, and that are words of their own; built by `make forms`.",
    "find": "An expression for what is misspelt, in a folded word.",
    "write": "What is written for it; \\1 stands for its first group.",
    "alone": "true: no other slip is made beside it.",
    "words": "Lists of plain words for expressions to name: malade(s), gamin(e|s|es), livr* for every word that begins so.",
    "folded": "Expressions on small letters without accents, by their names: each option of a list is one of them; @name is a list or an expression.",
    "slots": "Expressions of the values that a wording takes over, by slot: their one group is the value.",
    "written": "Expressions on the note as it is written; capitals matter within (?-i:...) only.",
    "places": "Where somebody is found who was told to be of there: `du ` is `au `.",
    "pronoun": "A pronoun that is a subject, and how those are named that it stands for.",
    "subject": "The pronoun itself, as in `elle`.",
    "names": "Expressions, folded, for the beginning of a name that the pronoun stands for.",
    "whom": "Expressions, folded, for the beginning of a name that `object` stands for.",
    "object": "The pronoun after a preposition, as in `lui`.",
    "article": "What goes before a noun that the pronoun stands for, with its space.",
    "elided": "The same before a vowel.",
    "guide": "What the training booklet says beside the rules.",
    "title": "The title of the booklet.",
    "test": "What to ask oneself before a note is stored.",
    "habits": "Rules of thumb, one sentence each.",
    "control": "What is said to the staff of the control of notes.",
    "reason": "Why a category may not be written, by its code, said to those who write notes.",
    "pairs": "What a trainer shows of each category, by its code: a note to avoid, and what to write instead.",
    "notice": "What stands beside a comment field: `field`, then what each mode of a column does.",
    "forms": "Inflected forms of the words written {so}; built by `make forms`.",
    "misspelt": "What words that are not of the language are read as; built by `make forms`.",
    "meant": "Words that a misspelling is read as, and those of the language that are as near, the most usual first.",
    "frequency": "Of 10,000 compliant notes, how many hold the word; built by `make forms`.",
    "id": "Lower-case words with hyphens; keeps its meaning once published.",
    "code": "One of the twelve categories.",
    "label": "The name that agents and officers read.",
    "law": "The text of law.",
    "advice": "One sentence to the agent: what to write instead.",
    "level": "block: certain, no file ever needs it; watch: depends on context or trade; off, in a profile: not looked for.",
    "inline": "What replaces the very words of a match, for numbers; left out, the clause around them goes.",
    "quoted": "The level of a match between quotation marks, as of an insult received; left out: its rule's.",
    "unsure": "The level of a match for which the other words of its sentence do not speak; left out: its rule's.",
    "capitals": "What a capital inside a sentence makes of a match: a `name`, which is no finding; left out: nothing.",
    "opinion": "true: of a match, the next clause may tell the fact behind it, and stays; left out: it goes on about the cause.",
    "effect": "A neutral wording that takes the place of what goes; the first that fits.",
    "when": "Only where the sentence says one of these terms.",
    "said": "Not where a clause that stays says one of these terms already.",
    "without": "Not where the sentence says one of these terms.",
    "filled": "true: only where the sentence has a value for one of its slots.",
    "because": "What follows `say` where a rule tells the cause, not where words tell only together.",
    "why": "Why this may not be written, or why a trade may, in one plain sentence.",
    "match": "Terms: words and phrases that are a finding. See rules/README.md.",
    "pattern": "For numbers: a regular expression of the common subset, instead of `match`.",
    "anchors": "Words of which every match of `pattern` holds one; left out: a number of 12 digits or more.",
    "key": "The check of the number's key.",
    "together": "The rule of its category that stands for what the weights find; it has no `match`.",
    "threshold": "What a sentence must weigh, in tenths of a log-odds, to be a finding.",
    "leading": "What one word of the sentence must weigh by itself.",
    "limits": "By rule, below what the words around its match say that it is none; built by `make weights`.",
    "spared": "By rule of level block, below what the words right beside its match say that it means something else.",
    "sense": "What the words right beside a match, and how it is written, say of what it means.",
    "close": "What words, or four letters that words begin with, say of a match in their sentence.",
    "far": "What four letters that words begin with say of a match in a sentence nearby.",
    "sure": "Below what a sentence does not speak for a match that lies in it.",
    "signs": "What is said of a match by how it is written and by what stands right beside it.",
    "bias": "What a sentence weighs before its words.",
    "fault": "What a word, or four letters that words begin with, weigh in a sentence; built by `make weights`.",
    "bases": "What each category weighs before the words of a sentence.",
    "categories": "What words weigh for each category, to choose the one of a sentence.",
    "unless": "Where a match is no finding; of a category, for each of its rules.",
    "needs": "What a match needs to be a finding.",
    "before": "Terms right before the match.",
    "after": "Terms right after the match.",
    "near": "Terms within 60 characters on either side.",
    "phrase": "Terms that the match is a part of.",
    "say": "The neutral wording; a slot stands between brackets: [ pour {duree}]. Empty: the clause goes.",
    "maskable": "Words found also when masked: alc***que.",
    "examples": "At least one `bad`; no example, no rule.",
    "bad": "A note with the offending part between [[ and ]]: exactly what must be found.",
    "fixed": "What `bad` becomes once rewritten.",
    "allowed": "Look-alikes that must be left alone.",
}  # fmt: skip
_VALUES: dict[str, dict[str, Any]] = {
    "code": {"enum": list(CATEGORIES)},
    "level": {"enum": list(get_args(Level))},
    "quoted": {"enum": ["", *get_args(Level)]},
    "unsure": {"enum": ["", *get_args(Level)]},
    "capitals": {"enum": ["", *get_args(Capitals)]},
    "id": {"pattern": f"^{IDS}$"},
    "bad": {"pattern": r"\[\[[\s\S]+\]\]"},
    "key": {"enum": list(KEYS)},
    "why": {"minLength": 1},
}
_NEEDED = {
    "category": ["code", "label", "law", "advice", "level"],
    "effect": ["say"],
    "rule": ["id", "why"],
    "extend": ["rule"],
    "change": ["level", "why", "law"],
    "examples": ["bad"],
    "slip": ["find", "write"],
    "pronoun": ["subject", "names"],
}


def schema() -> dict[str, Any]:
    """The JSON Schema of every file of a pack, shipped or a user's own, made of the shapes above.

    Draft 4, which every editor knows.
    """
    files = [FILE, OWN, *SHARED.values()]
    whole: dict[str, Any] = {}
    for file in files:
        whole |= {field: inner for field, inner in file.items() if field != "rule"}
    whole["rule"] = OWN["rule"]
    found: dict[str, Any] = _schema(whole, "")
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "A rule pack of motjuste",
        "description": "A category and its rules, a user's own rules, or one of the shared files of a pack.",
        **found,
    }


def _schema(shape: Any, name: str, inside: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(shape, dict) and "*" in shape:
        found = {"type": "object", "additionalProperties": _schema(shape["*"], "", name)}
    elif isinstance(shape, dict):
        fields = {field: _schema(inner, field, name) for field, inner in shape.items()}
        found = {"type": "object", "properties": fields, "additionalProperties": False}
        if name in _NEEDED:
            found["required"] = _NEEDED[name]
        if name == "rule":
            found["anyOf"] = [{"required": ["examples"]}, {"required": ["together"]}]
    elif isinstance(shape, list):
        items = _schema(shape[0], name, inside)
        items.pop("description", None)
        found = {"type": "array", "items": items}
        if name == "examples" and inside == "rule":
            found["minItems"] = 1
    elif name == "category":
        found = {"type": "string", "enum": list(CATEGORIES)}
    else:
        found = {"type": {str: "string", int: "integer", bool: "boolean"}[shape], **_VALUES.get(name, {})}
        if name == "level" and inside == "change":
            found["enum"] = [*found["enum"], OFF]
    if name:
        found = {"description": _MEANING[name], **found}
    return found
