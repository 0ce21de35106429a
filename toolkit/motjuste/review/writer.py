"""What becomes of a note under given verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from motjuste.engine.matcher import Matcher
from motjuste.model import Match, Verdict
from motjuste.review.note import Note
from motjuste.rewrite import Rewriter

MASK = "[…]"


class Writer:
    """What becomes of a note under given verdicts."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._rewriter = Rewriter(matcher)
        self.values = self._rewriter.grammar.slots.values()

    def knows(self, rule: str) -> bool:
        """Whether the rule is in the pack; a finding of an older pack may name one that is gone."""
        return rule in self.matcher.rules

    def text(self, text: str, verdicts: Iterable[Verdict]) -> str:
        """The note with the masked words replaced, then rewritten for the accepted findings only; '' where it is erased."""
        verdicts = list(verdicts)
        if any(v.action == "erase" for v in verdicts):
            return ""
        accepted = [v for v in verdicts if v.action == "accept"]
        masked = [
            v
            for v in verdicts
            if v.action == "mask"
            and not any(v.start < a.start + a.length and a.start < v.start + v.length for a in accepted)
        ]
        matches = [self._match(v) for v in accepted]
        end = len(text) + 1
        for v in sorted(masked, key=lambda v: (-v.start, -v.length)):
            length = min(v.length, end - v.start)  # of masked spans that overlap, both go
            inline = self._category_inline(v.rule)
            text = text[: v.start] + inline + text[v.start + length :]
            moved = len(inline) - length
            matches = [
                Match(m.start + moved, m.length, m.rule, m.category, m.level) if m.start > v.start else m
                for m in matches
            ]
            end = v.start
        return self._rewriter.rewrite(text, matches)

    def _category_inline(self, rule: str) -> str:
        return self.matcher.pack.categories[self.matcher.rules[rule].category].inline or MASK

    def _match(self, v: Verdict) -> Match:
        rule = self.matcher.rules[v.rule]
        return Match(v.start, v.length, rule.id, rule.category, rule.level)

    def unlawful(self, new: str, note: Note) -> list[Match]:
        """What a person's own wording still holds, less the words that are dismissed or tolerated in the note."""
        kept = {
            (v.rule, note.text[v.start : v.start + v.length])
            for v in note.verdicts.values()
            if v.action in ("dismiss", "tolerate")
        }
        return [m for m in self.matcher.find(new) if (m.rule, new[m.start : m.end]) not in kept]
