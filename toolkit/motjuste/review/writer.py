"""What becomes of a note under given verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from motjuste.engine.matcher import Matcher
from motjuste.model import Match, Verdict
from motjuste.notes import editing
from motjuste.review.note import Note
from motjuste.rewriting import mask, sentence
from motjuste.rewriting.rewrite import Rewriter
from motjuste.rewriting.sentence import Span

MASK = "[…]"
STAYS = ("dismiss", "tolerate")


class Writer:
    """What becomes of a note under given verdicts."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._rewriter = Rewriter(matcher)
        self.values = self._rewriter.grammar.slots.values()

    def knows(self, rule: str) -> bool:
        """Whether the rule is in the pack. A finding of an older pack may name a rule that was removed."""
        return rule in self.matcher.rules

    def text(self, text: str, verdicts: Iterable[Verdict]) -> str:
        """The note with the masked words replaced, then rewritten for the accepted findings only; '' where it is erased.

        A passage that is dismissed or tolerated stays word for word: where the rewriting would remove it, the accepted
        words are masked instead.
        """
        verdicts = list(verdicts)
        if any(v.action == "erase" for v in verdicts):
            return ""
        proposal = self._rewritten(text, verdicts)
        stays = list(_stays(text, verdicts))
        if not stays or self._stand(text, proposal, stays):
            return proposal
        return self._around(text, verdicts, stays)

    def rewritten(self, text: str, found: Iterable[Match]) -> str:
        """The note rewritten for all of these matches."""
        return self._rewriter.rewrite(text, list(found))

    def _stand(self, text: str, new: str, stays: Sequence[Span]) -> bool:
        """Whether the new text still holds these passages; the case of a letter may differ."""
        return not any(
            e.start < end
            and start < e.start + e.length
            and text[e.start : e.start + e.length].lower() != e.text.lower()
            for e in (editing.edits(text, new, self.values) if new != text else ())
            for start, end in stays
        )

    def _around(self, text: str, verdicts: Sequence[Verdict], stays: Sequence[Span]) -> str:
        """The note with the accepted words masked around the passages that stay. Masks words, else clauses, else sentences."""
        gone = [v for v in verdicts if v.action in ("accept", "mask")]
        g = self._rewriter.grammar
        sentences = list(sentence.sentences(g, text))
        clauses = [c for start, end in sentences for c in sentence.clauses(g, text, start, end)]
        words = [(v.start, v.start + v.length, self._category_inline(v.rule)) for v in gone]
        accepted = [(v.start, v.start + v.length) for v in gone if v.action == "accept"]
        known = {(m.rule, text[m.start : m.end]) for m in self.matcher.find(text)}
        known -= {(v.rule, text[v.start : v.start + v.length]) for v in gone}
        left = {v.rule for v in verdicts if v.action in STAYS}  # what they mark may have been masked in part
        new = text
        for wider in ((), clauses, sentences):
            parts = [(a, b, MASK) for a, b in wider if any(s < b and a < e for s, e in accepted)]
            pieces = [
                (*piece, wording)
                for start, end, wording in [*parts, *words]
                for piece in _less(text, start, end, stays)
            ]
            new = mask.replaced(text, 0, len(text), pieces)
            found = self.matcher.find(new)
            if all(m.rule in left or (m.rule, new[m.start : m.end]) in known for m in found):
                break
        return new

    def _rewritten(self, text: str, verdicts: Sequence[Verdict]) -> str:
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
        """The matches in a person's own wording, without the words that are dismissed or tolerated in the note."""
        kept = {
            (v.rule, note.text[v.start : v.start + v.length])
            for v in note.verdicts.values()
            if v.action in STAYS
        }
        return [m for m in self.matcher.find(new) if (m.rule, new[m.start : m.end]) not in kept]


def _stays(text: str, verdicts: Iterable[Verdict]) -> Iterator[Span]:
    """The passages that are dismissed or tolerated, without the words that are accepted or masked."""
    verdicts = list(verdicts)
    gone = [(v.start, v.start + v.length) for v in verdicts if v.action in ("accept", "mask")]
    if gone:
        for v in verdicts:
            if v.action in STAYS:
                yield from _less(text, v.start, v.start + v.length, gone)


def _less(text: str, start: int, end: int, others: Iterable[Span]) -> Iterator[Span]:
    """The pieces of this span outside the other spans that hold a word, stripped of white space."""
    for a, b in sorted(others):
        if a < end and b > start:
            yield from _less(text, start, a, ())
            start = max(start, b)
    part = text[start:end]
    if any(c.isalnum() for c in part):
        yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())
