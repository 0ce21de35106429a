"""The wording that replaces a removed clause: chosen from the rule's or its category's, its slots filled from the sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from motjuste.engine.matcher import Matcher, Phrases
from motjuste.engine.text import fold, skeleton
from motjuste.model import Match
from motjuste.rewriting import clause
from motjuste.rewriting.draft import Draft
from motjuste.rewriting.sentence import Span

_FEW = 4  # other words in a clause that a wording still stands for


def filled(say: str, note: Draft, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """The wording with its slots filled from these spans, and where each value stood.

    `[ pour {duree}]` is left out where no span holds a duration.
    """
    used: list[Span] = []

    def fill(m: re.Match[str]) -> str:
        for name in re.findall(r"\{(\w+)\}", m[1]):
            for start, end in spans:
                for slot in note.grammar.slots[name].finditer(note.folded, start, end):
                    if slot[1]:
                        used.append(slot.span(1))
                        value = note.text[slot.start(1) : slot.end(1)]
                        return m[1].replace("{" + name + "}", value.lower() if value.isupper() else value)
        return ""

    return re.sub(r"\[([^\]]*)\]", fill, say), used


def wording(
    matcher: Matcher,
    m: Match,
    note: Draft,
    whole: Span,
    spans: Sequence[Span],
    flagged: set[int],
    stays: Mapping[int, str],
) -> tuple[str, set[int]]:
    """(template of the wording, indexes of the clauses that it replaces beside the flagged ones) for one match."""
    rule = matcher.rules[m.rule]
    if rule.say is not None:
        return rule.say, set()
    categories = matcher.pack.categories
    known = [m.category, *(c for c in note.categories if rule.together and c != m.category)]
    for category, n, effect in ((c, n, e) for c in known for n, e in enumerate(categories[c].effects)):
        when, said, without = (matcher.effect(category, n, field) for field in ("when", "said", "without"))
        shown = [i for i, span in enumerate(spans) if when and when.places(note.bones, *span)]
        told = [spans[i][1] for i in {*shown, *flagged}]
        if without.places(note.bones, whole[0], max(told, default=whole[1])):
            continue
        template = effect.say if rule.together or not effect.because else f"{effect.say} {effect.because}"
        if not when:
            return template, set()
        if not shown:
            continue
        gone = flagged.intersection(shown)
        shown = [i for i in shown if i not in flagged]
        say, used = filled(effect.say, note, [spans[i] for i in sorted({*flagged, *shown})])
        if not say or (effect.filled and not used):
            continue
        replaced = {i for i in shown if _told_by(note, spans[i], when, said, used)}
        if not gone and not replaced:
            continue  # what shows the effect stays: it says so itself
        if said and any(said.places(skeleton(fold(stays[i]))) for i in stays if i not in replaced):
            continue
        if said and not used:
            if effect.say not in note.told:
                note.told[effect.say] = any(said.places(note.bones, *span) for span in note.intact)
            if note.told[effect.say]:
                continue
        return template, replaced
    return "", set()


def _told_by(note: Draft, span: Span, when: Phrases, said: Phrases, used: Sequence[Span]) -> bool:
    """True if the wording says all that this clause says: the effect, the values of the slots, and no further fact.

    A clause that says the effect in words of its own (`said`) is better kept, unless a slot took its value.
    """
    g = note.grammar
    start, end = span
    if said.places(note.bones, start, end) and not any(start <= a < end for a, _ in used):
        return False
    rest = list(note.folded[start:end])
    for a, b in used:
        rest[max(0, a - start) : max(0, b - start)] = " " * max(0, min(b, end) - max(a, start))
    left = "".join(rest)
    if clause.says_work(g, left) or g["fact"].search(left):
        return False
    for first, past in when.places(note.bones, start, end):
        left = left[: first - start] + " " * (past - first) + left[past - start :]
    return len(g["filler_word"].sub(" ", left).split()) <= _FEW
