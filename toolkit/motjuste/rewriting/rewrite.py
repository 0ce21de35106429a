"""Rewriting: the neutral note, sentence by sentence, effect instead of cause.

A sentence without a match stays as it is, to the byte. In the others, the clauses that hold a match go;
the wording of the category's *effect* takes their place where the sentence shows that effect (absence,
payment), with its slots (duration, date) filled from the sentence; the other clauses stay, and so does what a
clause says of the file before or after its match.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from motjuste.engine.matcher import Matcher
from motjuste.engine.score import Scale, plain
from motjuste.engine.text import fold, words_of
from motjuste.model import Match
from motjuste.rewriting import clause, mask, remains, sentence, wording
from motjuste.rewriting.draft import Draft
from motjuste.rewriting.grammar import Grammar
from motjuste.rewriting.sentence import Span

_SLIGHT = 6  # tenths of a log-odds that a clause of the file may weigh
_TO_DO = 20  # that a clause may weigh which says what is to be done
_FEW = 4  # words that a clause has which may speak of the file without a word of it
_HEAVY = 4  # clauses that are left out one by one, the heaviest first, until the rest is no finding
_ASIDE = re.compile(r"\([^,;:.!?\n]*")  # what a bracket that lost its other half begins
_BLANKS, _LINE_END = re.compile(r"[ \t]*"), re.compile(r"[ \t]*(?:\r?\n)?")


def _inside(matches: Iterable[Match], spans: Iterable[Span]) -> Iterator[list[Match]]:
    """For each of these spans, in order, the matches that overlap it; one pass over both."""
    coming = sorted(matches, reverse=True)
    held: list[Match] = []
    for start, end in spans:
        while coming and coming[-1].start < end:
            held.append(coming.pop())
        held = [m for m in held if m.end > start]
        yield held.copy()


def _mostly_elsewhere(note: Draft, m: Match, span: Span) -> bool:
    """Whether less than half of a match lies in a clause, which does not go on with what the match says: `et ...`."""
    shared = min(m.end, span[1]) - max(m.start, span[0])
    return 2 * shared < m.end - m.start and not note.grammar["and_more"].match(note.folded, span[0])


def _weight(scale: Scale, said: str) -> int:
    """What the words of a folded clause weigh, without the bias of a sentence."""
    return scale.weight(plain(words_of(said)))


def _is_work(g: Grammar, said: str, weight: int, slight: int) -> bool:
    """Whether a clause speaks of the file, in a sentence whose words are a finding together, and weighs little."""
    if weight <= _TO_DO and clause.says_to_do(g, said):
        return True
    if clause.is_useful(g, said) or clause.forbids(g, said) or g["fact"].search(said):
        return weight <= slight
    return weight <= 0 and len(said.split()) >= _FEW


def _paired(before: str, after: str) -> str:
    """The rewritten sentence, with balanced brackets if those of the sentence were balanced."""
    if before.count("(") != before.count(")"):
        return after
    opened = -1
    for at, sign in enumerate(after):
        if sign == "(":
            opened = at
        elif sign == ")":
            if opened < 0:
                return _paired(before, after[:at] + after[at + 1 :])
            opened = -1
    if opened < 0:
        return after
    end = _ASIDE.match(after, opened)
    return after if end is None else f"{after[: end.end()].rstrip()}){after[end.end() :]}"


def _rest(note: Draft, spans: Sequence[Span], flagged: Container[int]) -> str:
    """What a sentence says without these clauses."""
    stays = {i: note.text[slice(*span)] for i, span in enumerate(spans) if i not in flagged}
    return _capital(sentence.joined(note.grammar, note.text, (spans[0][0], spans[-1][1]), spans, stays))


def _told_of_it(note: Draft, end: int) -> int:
    """The end of a sentence that is removed whole, with the one word after it that depends on it."""
    after = next((span for span in note.intact if span[0] >= end), (end, end))
    alone = not note.text[end : after[0]].strip() and note.grammar["about_gone"].fullmatch(note.text, *after)
    return after[1] if alone and not clause.says_work(note.grammar, note.clause(after)) else end


class Rewriter:
    """Proposes neutral notes with a matcher's pack."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self.grammar = Grammar(matcher.pack.rewriting)

    def rewrite(self, text: str, matches: Sequence[Match]) -> str:
        """The neutral note: without these matches, and without any finding that was not there before.

        Empty where nothing useful remains. With no match, the text itself.
        """
        if not matches:
            return text
        found, outweighed = self._matcher.find_with_outweighed(text)
        ignored = {(m.rule, text[m.start : m.end]) for m in found} - {
            (m.rule, text[m.start : m.end]) for m in matches
        }
        proposal, todo = text, [*matches, *self._beside(text, matches, outweighed)]
        told = sorted({m.category for m in matches})
        for care in ("keep parts", "keep clauses", "keep sentences"):
            proposal = self._once(proposal, todo, care, told)
            todo = [
                m for m in self._matcher.find(proposal) if (m.rule, proposal[m.start : m.end]) not in ignored
            ]
            if not todo:
                return self._noted(text, matches, proposal, ignored)
        return self._noted(text, matches, "", ignored)

    def _beside(self, text: str, matches: Iterable[Match], outweighed: Sequence[Match]) -> list[Match]:
        """Further matches that tell the same cause in the same sentences, though the words around them outweigh them."""
        told = [m for m in matches if not self._matcher.pack.categories[m.category].opinion]
        spans = list(sentence.sentences(self.grammar, text)) if told and outweighed else []
        return [
            m
            for mine, theirs in zip(_inside(told, spans), _inside(outweighed, spans), strict=True)
            for m in theirs
            if m.category in {other.category for other in mine}
        ]

    def _noted(
        self, text: str, matches: Sequence[Match], proposal: str, ignored: Container[tuple[str, str]]
    ) -> str:
        """The proposal, and after it what clauses without a match measure and it has lost (the pack's message `noted`)."""
        wording = self._matcher.pack.messages.get("noted", "")
        if not wording:
            return proposal
        g = self.grammar
        seen, kept = list(fold(text)), fold(proposal)
        for start, end, _ in self._masks(text, filter(self._is_inline, matches), "keep parts"):
            seen[start:end] = " " * (end - start)
        folded = "".join(seen)
        spans = [
            c for start, end in sentence.sentences(g, text) for c in sentence.clauses(g, text, start, end)
        ]
        lost = {
            m[0]: text[m.start() : m.end()]
            for span, inside in zip(spans, _inside(matches, spans), strict=True)
            if not inside
            for m in g["measured"].finditer(folded, *span)
            if m[0] not in kept
        }
        if not lost:
            return proposal
        said = proposal.rstrip()
        if said and said[-1] not in remains.MARK:
            said += "."
        noted = wording.replace("{facts}", ", ".join(lost.values()))
        whole = f"{said} {noted}" if said else noted
        found = self._matcher.find(whole)
        return whole if all((m.rule, whole[m.start : m.end]) in ignored for m in found) else proposal

    def _once(self, text: str, matches: Sequence[Match], care: str, told: Sequence[str]) -> str:
        out: list[str] = []
        last = 0
        note = Draft(text, self.grammar, told)
        spans = list(sentence.sentences(self.grammar, text))
        note.intact = [
            span for span, inside in zip(spans, _inside(matches, spans), strict=True) if not inside
        ]
        written = cut = False  # cut: half of what a semicolon joined went, the other half begins a sentence
        for (start, end), inside in zip(spans, _inside(matches, spans), strict=True):
            if not inside:
                continue
            new = _paired(text[start:end], self._sentence(note, start, end, inside, care, len(spans) == 1))
            end = end if new else _told_of_it(note, end)
            gap = _begun(text[last:start]) if cut else text[last:start]
            if (
                new[1:2].islower()
                and not cut
                and text[:start].rstrip().endswith(";")
                and text[start].islower()
            ):
                new = new[0].lower() + new[1:]  # the other half of a sentence
            out.append(gap if new else gap.rstrip(" "))
            out.append(new)
            written = written or bool(gap.strip(" ") or new)
            last = end
            cut = not new and text[start:end].endswith(";")
            if not new and not cut:
                _end(out)
            if not new:
                # a sentence dropped takes the space after it along, one that was a line its line break
                own_line = not written or "\n" in gap[len(gap.rstrip()) :]
                blank = (_LINE_END if own_line else _BLANKS).match(text, last)
                last = blank.end() if blank else last
                spaced = next((p[-1].isspace() for p in reversed(out) if p), False)
                if not own_line and not spaced and last < len(text) and text[last] not in "\r\n":
                    out.append(" ")
                elif out and spaced and (last == len(text) or text[last] in "\r\n"):
                    while out and not out[-1].strip(" "):
                        out.pop()  # the space behind a sentence that went before
        out.append(_begun(text[last:]) if cut else text[last:])
        done = "".join(out)
        return done if done.strip() else ""

    def _sentence(
        self, note: Draft, start: int, end: int, inside: Sequence[Match], care: str, alone: bool
    ) -> str:
        """Rewrites one sentence with its matches: the wordings for the removed clauses, then the clauses that stay."""
        text, g = note.text, note.grammar
        inline = [m for m in inside if self._is_inline(m)]
        removed = [m for m in inside if m not in inline]
        if not removed and care != "keep sentences":
            return mask.replaced(text, start, end, self._masks(text, inline, care))
        core = start + len(text[start:end].rstrip(remains.MARK))
        mark = text[core:end]
        spans = sentence.clauses(g, text, start, core)
        masks = self._masks(text, inline, care)
        held = list(_inside(removed, spans))
        flagged = self._faulty(note, spans, held, care)
        opinions = self._opinions(held)
        if care == "keep parts":
            flagged -= self._clean(note, spans, held)
        stays = {i: mask.replaced(text, *spans[i], masks) for i in range(len(spans)) if i not in flagged}
        if care == "keep parts":
            numbered = {i for i, inside in enumerate(_inside(inline, spans)) if inside}
            stays |= remains.parts(
                note, spans, held, flagged - numbered, opinions, self._is_person, self._matcher.find
            )
        wordings: list[str] = []
        for m in {m.rule: m for m in removed}.values():  # the wording depends on the rule only
            template, replaced = wording.wording(self._matcher, m, note, (start, end), spans, flagged, stays)
            stays = {i: kept for i, kept in stays.items() if i not in replaced}
            say, used = wording.filled(template, note, [spans[i] for i in sorted(flagged | replaced)])
            said = [w for kept in note.said.values() for w in kept]
            if (
                say
                and say not in text
                and not any(w.startswith(say) for w in said)
                and (used or template not in note.said)
            ):
                note.said.setdefault(template, []).append(say)
                wordings.append(say)
        remains.keep_reports(note, spans, stays)
        remains.drop_explanations(note, spans, stays, self._causes(held, stays))
        remains.drop_fragments(note, spans, flagged, stays, self._weigh, opinions)
        remains.keep_reports(note, spans, stays)  # the verb may have gone
        remains.name_people(note, spans, held, stays)
        kept = sentence.joined(g, text, (start, core), spans, stays)
        if not kept:
            return ". ".join(wordings) + ("." if wordings and mark and not alone else "")
        if not mark and text[start:core].rstrip(' \u00a0»”"')[-1:] in ".!?…" and kept[-1:] not in '»”".!?…':
            mark = "."  # that of a quotation of which the end goes
        if mark and not (";" in mark or ("?" in mark and len(spans) - 1 in stays)):
            mark = "."
            kept = kept.rstrip(".")  # that of an initial: salle B.
        return ". ".join([*wordings, _capital(kept)]) + mark

    def _faulty(
        self, note: Draft, spans: Sequence[Span], held: Sequence[Sequence[Match]], care: str
    ) -> set[int]:
        """The clauses that go: those with a match; of a sentence whose words are a finding together, those that weigh.

        Where the rest was found to be a fault still, its heaviest clauses go too, one by one.
        """
        found = {i for i, inside in enumerate(held) if inside}
        if care == "keep sentences":
            return set(range(len(spans)))
        scale = self._matcher.scale
        if not scale:
            return found
        g, said = note.grammar, [note.clause(span) for span in spans]
        weights = [_weight(scale, each) for each in said]
        flagged = set(found)
        if all(self._matcher.rules[m.rule].together for inside in held for m in inside):
            slight = max(_SLIGHT, max(weights) // 2) if care == "keep parts" else max(weights)
            flagged = {i for i in found if not _is_work(g, said[i], weights[i], slight)}
        elif care != "keep parts":
            flagged |= {
                i
                for i in range(len(spans))
                if weights[i] >= remains.LEANING and not clause.needed(g, said[i])
            }
        if care == "keep parts":
            return flagged
        others = [i for i in range(len(spans)) if i not in flagged]
        for i in sorted(others, key=lambda i: -weights[i])[:_HEAVY]:
            if not self._matcher.find(_rest(note, spans, flagged)):
                break
            flagged.add(i)
        return flagged

    def _causes(self, held: Sequence[Sequence[Match]], stays: Container[int]) -> set[int]:
        """The clauses with a match, and those that went, but for opinions: of these the next clause may be the fact."""
        categories = self._matcher.pack.categories
        cause, causes = True, set()
        for i, found in enumerate(held):
            cause = not all(categories[m.category].opinion for m in found) if found else cause
            if cause and (found or i not in stays):
                causes.add(i)
        return causes

    def _opinions(self, held: Sequence[Sequence[Match]]) -> set[int]:
        """The clauses whose matches are all opinions: what is told beside them may be the fact behind these."""
        categories = self._matcher.pack.categories
        return {
            i for i, found in enumerate(held) if found and all(categories[m.category].opinion for m in found)
        }

    def _weigh(self, said: str) -> int:
        """What the words of a folded clause weigh as evidence of a fault; 0 without weights."""
        return _weight(self._matcher.scale, said) if self._matcher.scale else 0

    def _is_person(self, noun: str, found: Iterable[Match]) -> bool:
        """Whether a noun after these matches is a person: a word for one, or what an insult is said of."""
        categories = self._matcher.pack.categories
        person = bool(self._matcher.pack.persons.intersection(words_of(fold(noun))))
        return person or bool(found and all(categories[m.category].opinion for m in found))

    def _clean(self, note: Draft, spans: Sequence[Span], held: Sequence[Sequence[Match]]) -> set[int]:
        """The clauses of the file that hold but an end of a match: its other clause is a finding, or holds most of it."""
        g = note.grammar
        told: dict[Match, list[int]] = {}
        for i, found in enumerate(held):
            for m in found:
                told.setdefault(m, []).append(i)
        wide = {i for inside in told.values() if len(inside) > 1 for i in inside}
        faulty = {i for i in wide if self._matcher.find(note.text[slice(*spans[i])])}
        return {
            i
            for i in wide - faulty
            if clause.is_useful(g, said := note.clause(spans[i]))
            and (clause.says_work(g, said) or not clause.goes_on(g, said))
            and all(faulty.intersection(told[m]) or _mostly_elsewhere(note, m, spans[i]) for m in held[i])
            and not any(m.start <= spans[i][0] and spans[i][1] <= m.end for m in held[i])
        }

    def _is_inline(self, m: Match) -> bool:
        return bool(self._matcher.pack.categories[m.category].inline)

    def _masks(self, text: str, inline: Iterable[Match], care: str) -> list[tuple[int, int, str]]:
        """(start, end, wording) of the numbers and secrets that these matches hold; of whole matches where that is safer."""
        masks: list[tuple[int, int, str]] = []
        for m in sorted(inline):
            start, end = (
                (m.start, mask.closed(text, m))
                if care != "keep parts"
                else mask.secret(self.grammar, text, m)
            )
            if self._matcher.rules[m.rule].key == "luhn" and (
                expiry := self.grammar["expiry"].match(text, end)
            ):
                end = expiry.end()
            masks.append((start, end, self._matcher.pack.categories[m.category].inline))
        return masks


def _end(out: list[str]) -> None:
    """End the last sentence of these pieces where it waits, behind a semicolon, for what goes."""
    for n, piece in reversed(list(enumerate(out))):
        if piece.strip():
            if piece.rstrip().endswith(";"):
                out[n] = piece.rstrip(" \u00a0\u202f;") + "."
            return


def _begun(text: str) -> str:
    """The text with a capital where its first sentence begins."""
    said = text.lstrip()
    return text[: len(text) - len(said)] + _capital(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
