"""The examples that rules carry, run as tests: `bad` matches at its mark, `fixed` and `allowed` do not."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from motjuste.engine.matcher import Matcher
from motjuste.model import Match, Pack, Rule
from motjuste.rewriting.rewrite import Rewriter


def problems(matcher: Matcher, only: Container[str] | None = None) -> list[str]:
    """Every example that does not hold, one line each, naming file, line, rule and example; empty when all hold.

    With `only`, the ids of the rules whose examples are run.
    """
    rewriter = Rewriter(matcher)
    pack = matcher.pack
    # an example that an extension brought is told at the extension
    places = {(e.rule, text): f"{e.file}:{e.line}" for e in pack.extensions for text in e.texts}
    rules = [r for r in pack.rules if only is None or r.id in only]
    return [line for rule in rules for line in _of_rule(rule, matcher, rewriter, places)]


def own(pack: Pack, files: Container[str]) -> set[str]:
    """The ids of the rules that come from these files, or that they extend."""
    return {r.id for r in pack.rules if r.file in files} | {
        e.rule for e in pack.extensions if e.file in files
    }


def _of_rule(
    rule: Rule, matcher: Matcher, rewriter: Rewriter, places: Mapping[tuple[str, str], str]
) -> list[str]:
    found: list[str] = []

    def add(text: str, what: str) -> None:
        place = places.get((rule.id, text), f"{rule.file}:{rule.line}")
        found.append(f"{place}: {rule.id}: {what}")

    for example in rule.bad:
        matches = matcher.find(example.text)
        own = [(m.start, m.length) for m in matches if m.rule == rule.id]
        if own != [(example.start, example.length)]:
            marked = example.text[example.start : example.start + example.length]
            what = f"bad {example.text!r} is to be found at {marked!r}"
            add(example.text, f"{what}; found: {_told(example.text, matches)}")
            continue
        proposal = rewriter.rewrite(example.text, matches)
        if example.fixed is not None and proposal != example.fixed:
            add(example.text, f"bad {example.text!r} is rewritten {proposal!r}, not {example.fixed!r}")
        again = matcher.find(proposal)
        if again:
            add(example.text, f"the rewrite {proposal!r} is still found: {_told(proposal, again)}")
    for text in (*rule.allowed, *(e.fixed for e in rule.bad if e.fixed)):
        matches = matcher.find(text)
        if matches:
            add(text, f"allowed {text!r} is found: {_told(text, matches)}")
    return found


def _told(text: str, matches: Sequence[Match]) -> str:
    return ", ".join(f"{text[m.start : m.end]!r} by {m.rule}" for m in matches) or "nothing"
