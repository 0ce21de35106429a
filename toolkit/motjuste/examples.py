"""The examples that rules carry, run as tests: `bad` matches at its mark, `fixed` and `allowed` do not."""

from __future__ import annotations

from motjuste.matcher import Matcher
from motjuste.model import Rule
from motjuste.rewrite import Rewriter


def problems(matcher: Matcher) -> list[str]:
    """Every example that does not hold, one line each, naming file, rule and example; empty when all hold."""
    rewriter = Rewriter(matcher)
    return [line for rule in matcher.pack.rules for line in _of_rule(rule, matcher, rewriter)]


def _of_rule(rule: Rule, matcher: Matcher, rewriter: Rewriter) -> list[str]:
    found: list[str] = []
    where = f"{rule.file}: {rule.id}"
    for example in rule.bad:
        matches = matcher.find(example.text)
        own = [(m.start, m.length) for m in matches if m.rule == rule.id]
        if own != [(example.start, example.length)]:
            got = [example.text[s : s + n] for s, n in own]
            others = [(m.rule, example.text[m.start : m.end]) for m in matches if m.rule != rule.id]
            found.append(f"{where}: bad {example.text!r} matches {got or 'nothing'} (other rules: {others})")
            continue
        proposal = rewriter.rewrite(example.text, matches)
        if example.fixed is not None and proposal != example.fixed:
            found.append(f"{where}: bad {example.text!r} is rewritten {proposal!r}, not {example.fixed!r}")
        again = matcher.find(proposal)
        if again:
            found.append(f"{where}: the rewrite {proposal!r} still matches {[m.rule for m in again]}")
    for text in (*rule.allowed, *(e.fixed for e in rule.bad if e.fixed)):
        matches = matcher.find(text)
        if matches:
            wrong = [(m.rule, text[m.start : m.end]) for m in matches]
            found.append(f"{where}: allowed {text!r} matches {wrong}")
    return found
