"""Why a text is a finding or not: its tokens, the anchors among them, and what became of each candidate rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from motjuste import text as texts
from motjuste.matcher import Matcher, Step
from motjuste.model import Level, Rule


@dataclass(frozen=True)
class Candidate:
    """A rule that an anchor called up: `verdict` is found, or why not; `words` those of the text that decided so.

    `start` and `length` are those of the match in the text, 0 where the pattern found none.
    """

    rule: str
    category: str
    level: str
    why: str
    anchor: str
    start: int
    length: int
    verdict: str
    words: str = ""


@dataclass(frozen=True)
class Explanation:
    """`tokens` are the words looked up, `anchors` those that belong to rules, with these rules' ids, in order.

    `gate` tells whether the text passed the gate, the cheap first test; `findings` counts what stands in the end.
    """

    tokens: tuple[str, ...]
    anchors: dict[str, tuple[str, ...]]
    gate: bool
    candidates: tuple[Candidate, ...]
    findings: int


def explain(matcher: Matcher, text: str) -> Explanation:
    """Every step by which the matcher comes to its findings in a text."""
    gate = matcher.suspect(text)
    found = {(m.rule, m.start, m.length): m.level for m in matcher.find(text)}
    folded = texts.fold(text)
    readings = [v.body for v in texts.variants(folded)]
    words = list(dict.fromkeys(m[0] for body in readings for m in texts.words(body)))
    anchors: dict[str, set[str]] = {}
    for word in words:
        for ask in matcher.gate.asks(texts.without_ligatures(word)):
            anchors.setdefault(word, set()).add(ask.rule.id)
    steps = matcher.explain(text) if gate else []
    return Explanation(
        tokens=tuple(words),
        anchors={a: tuple(sorted(ids)) for a, ids in sorted(anchors.items())},
        gate=gate,
        candidates=tuple(dict.fromkeys(_candidate(matcher, step, text, folded, found) for step in steps)),
        findings=len(found),
    )


def _candidate(
    matcher: Matcher, step: Step, text: str, folded: str, found: Mapping[tuple[str, int, int], Level]
) -> Candidate:
    rule = matcher.rules[step.rule]
    verdict, words = step.outcome, ""
    level = found.get((step.rule, step.start, step.length), rule.level)  # a quoted insult has another
    if verdict == "found":
        words = text[step.start : step.start + step.length]
        if (step.rule, step.start, step.length) not in found:
            verdict = "inside another finding of its category"
    elif verdict.startswith("excepted by "):
        words = _excepting(matcher, rule, verdict.removeprefix("excepted by "), step, text, folded)
    return Candidate(
        rule.id, rule.category, level, rule.why, step.anchor, step.start, step.length, verdict, words
    )


def _excepting(matcher: Matcher, rule: Rule, side: str, step: Step, text: str, folded: str) -> str:
    """The words of the text that made the match an exception; "" where they are read in another spelling of it."""
    skeleton = texts.skeleton(folded)
    for name, spans in matcher.standing(rule.unless, skeleton, step.start, step.start + step.length):
        if name == side:
            return next((text[a:b].strip(" ,.:;!?()-") for a, b in spans), "")
    return ""
