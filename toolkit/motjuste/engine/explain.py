"""Why a text is a finding or not: its words, and what became of each candidate. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from motjuste.engine import text as texts
from motjuste.engine.matcher import Matcher, Step
from motjuste.model import Level, Rule


@dataclass(frozen=True)
class Candidate:
    """What a term of a rule matched: `verdict` is found, or why not; `words` those of the text that decided so."""

    rule: str
    category: str
    level: str
    why: str
    start: int
    length: int
    verdict: str
    words: str = ""


@dataclass(frozen=True)
class Explanation:
    """`words` are those that were looked up, `known` those of them that stand in a list of the pack; `findings` counts what stands in the end."""

    words: tuple[str, ...]
    known: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    findings: int


def explain(matcher: Matcher, text: str) -> Explanation:
    """Every step by which the matcher comes to its findings in a text."""
    found = {(m.rule, m.start, m.length): m.level for m in matcher.find(text)}
    words = list(dict.fromkeys(w for body in matcher.read(text) for w in texts.words_of(body)))
    folded = texts.fold(text)
    return Explanation(
        tuple(words),
        tuple(w for w in words if matcher.knows(w)),
        tuple(
            dict.fromkeys(_candidate(matcher, step, text, folded, found) for step in matcher.explain(text))
        ),
        len(found),
    )


def _candidate(
    matcher: Matcher, step: Step, text: str, folded: str, found: Mapping[tuple[str, int, int], Level]
) -> Candidate:
    rule = matcher.rules[step.rule]
    verdict, words = step.outcome, step.told
    level = found.get((step.rule, step.start, step.length), rule.level)  # a quoted insult has another
    if verdict == "found" and not step.told:
        words = text[step.start : step.start + step.length]
        if (step.rule, step.start, step.length) not in found:
            verdict = "inside another finding of its category"
    elif verdict.startswith("excepted by "):
        words = _excepting(matcher, rule, verdict.removeprefix("excepted by "), step, text, folded)
    return Candidate(rule.id, rule.category, level, rule.why, step.start, step.length, verdict, words)


def _excepting(matcher: Matcher, rule: Rule, side: str, step: Step, text: str, folded: str) -> str:
    """The words of the text that made the match an exception; "" where they are read in another spelling of it."""
    for name, spans in matcher.standing(rule.id, "unless", folded, step.start, step.start + step.length):
        if name == side:
            return next((text[a:b].strip(" ,.:;!?()-") for a, b in spans), "")
    return ""
