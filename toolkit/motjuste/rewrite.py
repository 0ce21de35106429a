"""Rewriting: the neutral note, sentence by sentence, effect instead of cause.

A sentence without a match stays as it is, to the byte. In the others, the clauses that hold a match go;
the wording of the category's *effect* takes their place where the sentence shows that effect (absence,
payment), with its slots (duration, date) filled from the sentence; the other clauses stay, and so does what a
clause says of the file before or after its match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise

from motjuste import sentence
from motjuste.diff import changes
from motjuste.matcher import Matcher
from motjuste.model import Edit, Match
from motjuste.sentence import Span, sentences
from motjuste.text import fold, skeleton, words_of
from motjuste.weights import Scale, plain

_UNITS = r"(?:jours?|j|semaines?|sem|mois|trimestres?|an(?:nee)?s?)"
_COUNT = (
    r"(?:\d+(?:[.,]\d+)?|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente"
    r"|plusieurs|quelques)(?: a \d+)?"
)
_MONTHS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_DATE = rf"(?:\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|(?:1er|\d{{1,2}}) (?:{_MONTHS})(?: \d{{4}})?)"
_DAY = rf"(?:{_DATE}|1er|\d{{1,2}}(?![\d:h/])|(?:{_DAYS})(?: prochain| soir| matin)?)"
_UNTIL = (
    rf"(?:{_DAY}|(?:la )?(?:mi|debut|fin)[ -]?(?:du |de )?(?:la )?(?:{_MONTHS}|mois|semaine|annee)(?: prochaine?)?"
    rf"|(?:{_MONTHS})(?: \d{{4}})?|la rentree|la semaine prochaine|l'(?:ete|automne|hiver)|printemps|ete|automne|noel|\d{{4}})"
)
# No absence: since when, how old, how often, how late.
_NO_STAY = (
    r"(?:depuis|il y a|y a|fait|dans|tous les|toutes les|ttes les|ts les|d'ici|sous|apres|avant|en|a|par|chaque|lui reste"
    r"|(?<!arret )(?<!absence )(?<!tion )(?<!cence )(?<!repos )(?<!conge )(?<!cure )(?<!travail )(?<!duree )de)"
)
# A slot's value is the first group; where there is none in a match, that match is no value.
SLOTS = {
    "duree": re.compile(
        rf"\b{_NO_STAY} (?:environ |plus de |moins de |les )?{_COUNT} ?{_UNITS}\b|\b{_COUNT} ?{_UNITS}\b(?= (?:apres|plus tard|avant|auparavant"
        rf"|de retard|d'impaye|de loyer|d'arriere|par))|(?<![\d/,.])\b({_COUNT} ?{_UNITS})\b"
    ),
    "date": re.compile(rf"\bjusqu'?(?:au|a|en) (?:le )?({_DATE}|\d{{1,2}}(?![\d:h]))"),
    "limite": re.compile(rf"\b(jusqu'?(?:au|a|en) (?:le )?{_UNTIL})\b"),
    "periode": re.compile(
        rf"\b(du {_DAY} au {_DAY}|de (?:{_MONTHS}) a (?:{_MONTHS})|cette semaine|toute la semaine|la semaine prochaine|ce mois-ci|tout le mois)\b"
    ),
    "jour": re.compile(
        rf"\b((?:(?:le|les|ce|chaque|tous les) )?(?:{_DAYS})s?(?: (?:prochain|soir|matin|midi|aprem|apres-midi|debut d'(?:aprem|apres)(?:-midi)?))?"
        r"(?: (?:avant|apres|de|entre|a partir de) \d{1,2} ?h ?\d{0,2}(?: (?:et|a) \d{1,2} ?h ?\d{0,2})?)?)(?![\w/])"
    ),
    "montant": re.compile(r"\b(\d+(?:[ .]\d{3})*(?:[.,]\d{1,2})? ?(?:\$|euros?|eur))"),
}
# Said beside an effect, these add nothing to its wording.
_FILLER = re.compile(
    r"\b(?:\w|il|elle|ils|elles|on|est|sera|sont|etait|a|va|ne|pas|le|la|les|du|de|des|au|en|un|une|pour|et|donc|tout|son|sa|ses|mr|mme"
    r"|client|cliente|monsieur|madame|actuellement|durer|dure|jusqu)\b"
)

_FACT = re.compile(rf"\d|\b(?:{_MONTHS})\b")
# Amounts, dates, times, durations, telephone numbers: what a proposal keeps of every clause without a finding. Years are ages.
_MEASURED = re.compile(
    rf"\b\d+(?:[ .]\d{{3}})*(?:[.,]\d+)? ?(?:\$|euros?\b)|\b\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?\b|\b\d{{1,2}} ?h(?: ?\d{{2}})?\b"
    rf"|\b(?:1er|\d{{1,2}}) (?:{_MONTHS})\b|\b\d+ ?(?:(?!an){_UNITS}|heures?|min|minutes?)\b|\b0\d(?:[ .]?\d\d){{4}}\b"
)
# Of a match with a number or a secret: where it begins, with the word before a stroke (login / password).
_NUMBER = re.compile(
    r"(?:^|(?<=[\s(\"«:=]))(?!\d (?:derniers )?chiffres)(?:[^\s/]+\s?/\s?)?(?:[A-Z]{1,2}\s)?[^\s\d]*\d"
)
_WORD = re.compile(r"(?<=[:=])\s*(?=[^\s:=][^:=]*$)")
# After the number of a card: until when it holds, and the digits on its back.
_EXPIRY = re.compile(
    r"[\s,/]*+(?:(?:exp\w*|fin|val\w*|date)[\s.:]*+(?:0?[1-9]|1[0-2])[\s/-]*+|(?:0?[1-9]|1[0-2])\s?[/-]\s?)(?:20)?[23]\d(?![\d/])"
    r"(?:[\s/,-]++\d{3}\b(?!\s?€))?",
    re.IGNORECASE,
)
_LEANING = 16  # tenths of a log-odds from which a clause after a fault goes with it
_OPENING = 22  # the same before a fault, of the clause that the sentence opens with, and of one after a colon
_BETWEEN = 4  # the same of others before a fault, which most often list more of it
_TELLING = 10  # that a word alone may not weigh
_SLIGHT = 6  # tenths of a log-odds that a clause of the file may weigh
_TO_DO = 20  # that a clause may weigh which says what is to be done
_FEW = 4  # other words in a clause that a wording still stands for
_HEAVY = 4  # clauses that are left out one by one, the heaviest first, until the rest is no finding
_TIES = ("", "+", "/", "-", "&")
_AUXILIARY = re.compile(r"(?<=\w)\s(?:a|ont|avait|du|de|des)$")
_MARK = " \t\r\n\u00a0\u202f.!?…;"
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


def _mostly_elsewhere(note: _Note, m: Match, span: Span) -> bool:
    """Whether less than half of a match lies in a clause, which does not go on with what the match says: `et ...`."""
    shared = min(m.end, span[1]) - max(m.start, span[0])
    return 2 * shared < m.end - m.start and not note.folded.startswith("et ", span[0])


def _weight(scale: Scale, said: str) -> int:
    """What the words of a folded clause weigh, without the bias of a sentence."""
    return scale.weight(plain(words_of(said)))


def _says_file(said: str) -> bool:
    """Whether a folded clause has a fact of the file, or says what is asked or to be done."""
    return _FACT.search(said) is not None or sentence.is_useful(said) or sentence.is_deed(said)


def _is_work(said: str, weight: int, slight: int) -> bool:
    """Whether a clause speaks of the file, in a sentence whose words are a finding together, and weighs little."""
    if weight <= _TO_DO and sentence.says_to_do(said):
        return True
    if sentence.is_useful(said) or sentence.forbids(said) or _FACT.search(said):
        return weight <= slight
    return weight <= 0 and len(said.split()) >= _FEW


def _rest(note: _Note, spans: Sequence[Span], flagged: Container[int]) -> str:
    """What a sentence says without these clauses."""
    stays = {i: note.text[slice(*span)] for i, span in enumerate(spans) if i not in flagged}
    return _capital(sentence.joined(note.text, (spans[0][0], spans[-1][1]), spans, stays))


@dataclass
class _Note:
    """A note under rewriting: what of it is computed once, and the wordings that were already said."""

    text: str
    categories: Sequence[str] = ()  # those that its matches had before anything went
    folded: str = ""
    bones: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)  # by template
    intact: list[Span] = field(default_factory=list)  # its sentences without a match
    told: dict[str, bool] = field(default_factory=dict)  # by template: whether one of these says it already

    def __post_init__(self) -> None:
        self.folded = fold(self.text)
        self.bones = skeleton(self.folded)


def _fill(say: str, note: _Note, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """The wording with its slots filled from these spans, and where each value stood.

    `[ pour {duree}]` is left out where no span holds a duration.
    """
    used: list[Span] = []

    def fill(m: re.Match[str]) -> str:
        for name in re.findall(r"\{(\w+)\}", m[1]):
            for start, end in spans:
                for slot in SLOTS[name].finditer(note.folded, start, end):
                    if slot[1]:
                        used.append(slot.span(1))
                        value = note.text[slot.start(1) : slot.end(1)]
                        return m[1].replace("{" + name + "}", value.lower() if value.isupper() else value)
        return ""

    return re.sub(r"\[([^\]]*)\]", fill, say), used


class Rewriter:
    """Proposes neutral notes with a matcher's pack."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def rewrite(self, text: str, matches: Sequence[Match]) -> str:
        """The neutral note: without these matches, and without any finding that was not there before.

        Empty where nothing useful remains. With no match, the text itself.
        """
        if not matches:
            return text
        ignored = {(m.rule, text[m.start : m.end]) for m in self._matcher.find(text)} - {
            (m.rule, text[m.start : m.end]) for m in matches
        }
        proposal, todo = text, list(matches)
        told = sorted({m.category for m in matches})
        for care in ("keep parts", "keep clauses", "keep sentences"):
            proposal = self._once(proposal, todo, care, told)
            todo = [
                m for m in self._matcher.find(proposal) if (m.rule, proposal[m.start : m.end]) not in ignored
            ]
            if not todo:
                return self._noted(text, matches, proposal, ignored)
        return self._noted(text, matches, "", ignored)

    def _noted(
        self, text: str, matches: Sequence[Match], proposal: str, ignored: Container[tuple[str, str]]
    ) -> str:
        """The proposal, and after it what clauses without a match measure and it has lost (the pack's message `noted`)."""
        wording = self._matcher.pack.messages.get("noted", "")
        if not wording:
            return proposal
        seen, kept = list(fold(text)), fold(proposal)
        for start, end, _ in self._masks(text, filter(self._is_inline, matches), "keep parts"):
            seen[start:end] = " " * (end - start)
        folded = "".join(seen)
        spans = [clause for start, end in sentences(text) for clause in sentence.clauses(text, start, end)]
        lost = {
            m[0]: text[m.start() : m.end()]
            for span, inside in zip(spans, _inside(matches, spans), strict=True)
            if not inside
            for m in _MEASURED.finditer(folded, *span)
            if m[0] not in kept
        }
        if not lost:
            return proposal
        said = proposal.rstrip()
        if said and said[-1] not in _MARK:
            said += "."
        noted = wording.replace("{facts}", ", ".join(lost.values()))
        whole = f"{said} {noted}" if said else noted
        found = self._matcher.find(whole)
        return whole if all((m.rule, whole[m.start : m.end]) in ignored for m in found) else proposal

    def _once(self, text: str, matches: Sequence[Match], care: str, told: Sequence[str]) -> str:
        out: list[str] = []
        last = 0
        note = _Note(text, categories=told)
        spans = list(sentences(text))
        note.intact = [
            span for span, inside in zip(spans, _inside(matches, spans), strict=True) if not inside
        ]
        written = False
        for (start, end), inside in zip(spans, _inside(matches, spans), strict=True):
            if not inside:
                continue
            new = self._sentence(note, start, end, inside, care, len(spans) == 1)
            gap = text[last:start]
            out.append(gap if new else gap.rstrip(" "))
            out.append(new)
            written = written or bool(gap.strip(" ") or new)
            last = end
            if not new:
                # a sentence dropped takes the space after it along, one that was a line its line break
                own_line = not written or "\n" in gap
                blank = (_LINE_END if own_line else _BLANKS).match(text, last)
                last = blank.end() if blank else last
                if not own_line and last < len(text) and text[last] not in "\r\n":
                    out.append(" ")
        out.append(text[last:])
        done = "".join(out)
        return done if done.strip() else ""

    def _sentence(
        self, note: _Note, start: int, end: int, inside: Sequence[Match], care: str, alone: bool
    ) -> str:
        """One sentence with its matches: the wordings for what goes, then what stays."""
        text = note.text
        inline = [m for m in inside if self._is_inline(m)]
        removed = [m for m in inside if m not in inline]
        if not removed and care != "keep sentences":
            return _replace(text, start, end, self._masks(text, inline, care))
        core = start + len(text[start:end].rstrip(_MARK))
        mark = text[core:end]
        spans = sentence.clauses(text, start, core)
        masks = self._masks(text, inline, care)
        held = list(_inside(removed, spans))
        flagged = self._faulty(note, spans, held, care)
        if care == "keep parts":
            flagged -= self._clean(note, spans, held)
        stays = {i: _replace(text, *spans[i], masks) for i in range(len(spans)) if i not in flagged}
        if care == "keep parts":
            numbered = {i for i, inside in enumerate(_inside(inline, spans)) if inside}
            stays |= _parts(note, spans, held, flagged - numbered, self._is_person, self._matcher.find)
        wordings: list[str] = []
        for m in {m.rule: m for m in removed}.values():  # the wording depends on the rule only
            template, replaced = self._wording(m, note, (start, end), spans, flagged, stays)
            stays = {i: kept for i, kept in stays.items() if i not in replaced}
            say, used = _fill(template, note, [spans[i] for i in sorted(flagged | replaced)])
            said = [w for kept in note.said.values() for w in kept]
            if (
                say
                and say not in text
                and not any(w.startswith(say) for w in said)
                and (used or template not in note.said)
            ):
                note.said.setdefault(template, []).append(say)
                wordings.append(say)
        _drop_explanations(note, spans, stays, self._causes(held, stays))
        _drop_fragments(note, spans, flagged, stays, self._weigh, self._opinions(held))
        _name_people(note, spans, held, stays)
        kept = sentence.joined(text, (start, core), spans, stays)
        if not kept:
            return ". ".join(wordings) + ("." if wordings and mark and not alone else "")
        if not mark and text[start:core].rstrip(' \u00a0»”"')[-1:] in ".!?…" and kept[-1:] not in '»”".!?…':
            mark = "."  # that of a quotation of which the end goes
        if mark and not (";" in mark or ("?" in mark and len(spans) - 1 in stays)):
            mark = "."
            kept = kept.rstrip(".")  # that of an initial: salle B.
        return ". ".join([*wordings, _capital(kept)]) + mark

    def _faulty(
        self, note: _Note, spans: Sequence[Span], held: Sequence[Sequence[Match]], care: str
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
        weights = [_weight(scale, note.folded[slice(*span)]) for span in spans]
        said = [note.folded[slice(*span)] for span in spans]
        flagged = set(found)
        if all(self._matcher.rules[m.rule].together for inside in held for m in inside):
            slight = max(_SLIGHT, max(weights) // 2) if care == "keep parts" else max(weights)
            flagged = {i for i in found if not _is_work(said[i], weights[i], slight)}
        elif care != "keep parts":
            flagged |= {i for i in range(len(spans)) if not _says_file(said[i])}
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
        return bool(self._matcher.pack.persons.intersection(words_of(fold(noun)))) or all(
            categories[m.category].opinion for m in found
        )

    def _clean(self, note: _Note, spans: Sequence[Span], held: Sequence[Sequence[Match]]) -> set[int]:
        """The clauses of the file that hold but an end of a match: its other clause is a finding, or holds most of it."""
        told: dict[Match, list[int]] = {}
        for i, found in enumerate(held):
            for m in found:
                told.setdefault(m, []).append(i)
        wide = {i for inside in told.values() if len(inside) > 1 for i in inside}
        faulty = {i for i in wide if self._matcher.find(note.text[slice(*spans[i])])}
        return {
            i
            for i in wide - faulty
            if sentence.is_useful(said := note.folded[slice(*spans[i])])
            and (sentence.says_work(said) or not sentence.goes_on(said))
            and all(faulty.intersection(told[m]) or _mostly_elsewhere(note, m, spans[i]) for m in held[i])
            and not any(m.start <= spans[i][0] and spans[i][1] <= m.end for m in held[i])
        }

    def _is_inline(self, m: Match) -> bool:
        return bool(self._matcher.pack.categories[m.category].inline)

    def _masks(self, text: str, inline: Iterable[Match], care: str) -> list[tuple[int, int, str]]:
        """(start, end, wording) of the numbers and secrets that these matches hold; of whole matches where that is safer."""
        masks: list[tuple[int, int, str]] = []
        for m in sorted(inline):
            start, end = (m.start, _closed(text, m)) if care != "keep parts" else _secret(text, m)
            if self._matcher.rules[m.rule].key == "luhn" and (expiry := _EXPIRY.match(text, end)):
                end = expiry.end()
            masks.append((start, end, self._matcher.pack.categories[m.category].inline))
        return masks

    def _wording(
        self,
        m: Match,
        note: _Note,
        whole: Span,
        spans: Sequence[Span],
        flagged: set[int],
        stays: Mapping[int, str],
    ) -> tuple[str, set[int]]:
        """(template of the wording, indexes of the clauses that it replaces beside the flagged ones) for one match."""
        rule = self._matcher.rules[m.rule]
        if rule.say is not None:
            return rule.say, set()
        expressions = self._matcher.expressions
        categories = self._matcher.pack.categories
        known = [m.category, *(c for c in note.categories if rule.together and c != m.category)]
        for effect in (effect for category in known for effect in categories[category].effects):
            if effect.without and expressions.whole(effect.without).search(note.bones, *whole):
                continue
            if not effect.when:
                return effect.say, set()
            when = expressions.whole(effect.when)
            if not when.search(note.bones, *whole):
                continue
            shown = [i for i, span in enumerate(spans) if i not in flagged and when.search(note.bones, *span)]
            filled, used = _fill(effect.say, note, [spans[i] for i in sorted({*flagged, *shown})])
            if not filled or (effect.filled and not used):
                continue
            said = expressions.whole(effect.said) if effect.said else None
            replaced = {i for i in shown if _told_by(note, spans[i], when, said, used)}
            if said and any(said.search(skeleton(fold(stays[i]))) for i in stays if i not in replaced):
                continue
            if said and not used:
                if effect.say not in note.told:
                    note.told[effect.say] = any(said.search(note.bones, *span) for span in note.intact)
                if note.told[effect.say]:
                    continue
            return effect.say, replaced
        return "", set()


def _parts(
    note: _Note,
    spans: Sequence[Span],
    held: Sequence[Sequence[Match]],
    flagged: set[int],
    is_person: Callable[[str, Sequence[Match]], bool],
    find: Callable[[str], Sequence[Match]],
) -> dict[int, str]:
    """What the clauses with matches say of the file before or after them, by the index of the clause.

    `is_person`: whether a noun after these matches is a person, who is named where it is their deed.
    `find`: the matches of a text; nobody is said to be somewhere where that makes the clause a finding.
    """
    parts: dict[int, str] = {}
    for i in sorted(flagged):
        start, end = spans[i]
        first, last = min(m.start for m in held[i]), max(m.end for m in held[i])
        if done := _AUXILIARY.search(note.folded, start, last):
            last = done.start()  # `cette ordure a` rendu le panier, `cet abruti du` 3e
        before = sentence.head(note.text, start, first) if first > start else ""
        after = sentence.tail(note.text, last, end) if last < end else ""
        name = sentence.named(note.text, start, first) if after and not before else ""
        if after and not before and not name:
            between = note.text[last : note.text.index(after, last)]
            held_by = sentence.holder(between)
            name = held_by if held_by and is_person(held_by, held[i]) else ""
            where = sentence.located(between)
            if where and not find(f"{where} : {after}"):
                name = f"{where} :"
        if not before and not after and i + 1 < len(spans) and i + 1 not in flagged:
            before = note.text[start : sentence.moment(note.folded, start, first)].strip()
        part = f"{name} {after}" if name else ", ".join(filter(None, (before, after)))
        if part:
            parts[i] = part
    return parts


def _told_by(
    note: _Note, span: Span, when: re.Pattern[str], said: re.Pattern[str] | None, used: Sequence[Span]
) -> bool:
    """Whether the wording says all that this clause says: the effect, the slots' values, no fact besides.

    A clause that says the effect in words of its own (`said`) is better kept, unless a slot took its value.
    """
    start, end = span
    if said and said.search(note.bones, start, end) and not any(start <= a < end for a, _ in used):
        return False
    rest = list(note.folded[start:end])
    for a, b in used:
        rest[max(0, a - start) : max(0, b - start)] = " " * max(0, min(b, end) - max(a, start))
    left = "".join(rest)
    if sentence.says_work(left) or _FACT.search(left):
        return False
    for m in when.finditer(note.bones, start, end):
        left = left[: m.start() - start] + " " * len(m[0]) + left[m.end() - start :]
    return len(_FILLER.sub(" ", left).split()) <= _FEW


def _drop_explanations(note: _Note, spans: Sequence[Span], stays: dict[int, str], causes: Set[int]) -> None:
    """Leave out what only tells more of a cause that goes, or who said it: `elle compte les bûches`, `dit-il`."""
    for i in sorted(stays, reverse=True):
        if i + 1 < len(spans) and i + 1 not in stays and sentence.introduces(note.folded[slice(*spans[i])]):
            del stays[i]
    for i in sorted(stays):
        said = note.folded[slice(*spans[i])]
        told_on = i + 1 in causes and sentence.is_complement(note.folded[slice(*spans[i + 1])])
        paired = i + 1 in stays and sentence.is_more(note.folded[slice(*spans[i + 1])])
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(spans) and j not in stays]
        told = (i - 1 in causes and not paired) or told_on
        if (
            (told and sentence.explains(said))
            or (beside and sentence.is_aside(said))
            or (any(j < i for j in causes) and sentence.tells_more(said))
            or (causes and i not in causes and sentence.is_cause(said))
        ):
            del stays[i]


def _drop_fragments(
    note: _Note,
    spans: Sequence[Span],
    flagged: set[int],
    stays: dict[int, str],
    weigh: Callable[[str], int],
    opinions: Container[int],
) -> None:
    """Leave out what says nothing once the clause beside it is gone: `le fils et`, `garage :`, `le pauvre`.

    `weigh`: what a folded clause weighs as evidence of a fault; `opinions`: the clauses that hold but opinions.
    """
    gaps = sentence.separators(note.text, spans)
    whole = bool(spans) and note.text[spans[0][0] : spans[-1][1]] == note.text.strip(_MARK)
    last = len(spans) - 1 if whole and "(" not in "".join(gaps) else -1
    for i in sorted(stays, reverse=True):
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(spans) and j not in stays]
        said = note.folded[slice(*spans[i])]
        hung_on = (i - 1,) if sentence.unlinked(said) != said else (i - 1, i + 1)
        if i not in flagged and flagged.intersection(hung_on) and sentence.hangs(said):
            del stays[i]
            continue
        if i in flagged or not beside:
            continue
        if sentence.is_name(stays[i]):
            del stays[i]  # said again with what follows
            continue
        after = min((j for j in stays if j > i), default=None)
        if after is not None and (":" in gaps[i] or sentence.governs(fold(stays[i]), fold(stays[after]))):
            continue  # the heading or the subject of what follows
        pairs = [j for j in (i - 1, i + 1) if j in stays and gaps[min(i, j)].strip() in _TIES]
        if any(
            sentence.stands_alone(note.folded[spans[min(i, j)][0] : spans[max(i, j)][1]], joined=True)
            for j in pairs
        ):
            continue  # half of a pair
        joined = any(gaps[min(i, j)].strip() in ("", "=") for j in beside)
        weight = weigh(said)
        if i == last and not joined and sentence.is_matter(note.text[slice(*spans[i])]) and weight < _TELLING:
            continue
        fact = sentence.is_past_deed(said) and all(j in opinions for j in beside)
        opens = i == 0 or ":" in gaps[i - 1]
        most = _LEANING if i - 1 in beside else _OPENING if opens else _BETWEEN
        leans = weight >= most and not (fact or _says_file(said))
        if not sentence.stands_alone(said, joined=joined) or sentence.is_subject(said) or leans:
            del stays[i]
    if len(stays) == 1 and len(spans) > 1:
        ((only, kept),) = stays.items()
        if sentence.is_subject(fold(kept)) or sentence.is_setting(fold(kept)):
            del stays[only]


def _name_people(
    note: _Note, spans: Sequence[Span], held: Sequence[Sequence[Match]], stays: dict[int, str]
) -> None:
    """Say of whom the next clause speaks where the clause that named them goes."""
    for i, j in zip([-1, *sorted(stays)], sorted(stays), strict=False):
        if i + 1 == j:
            continue
        same = sentence.with_subject(note.text[slice(*spans[j - 1])], stays[j])
        if same != stays[j]:
            stays[j] = same
            continue
        said = sentence.unlinked(stays[j])
        for gone in range(i + 1, j):
            start, end = spans[gone]
            name = sentence.named(note.text, start, min([end, *(m.start for m in held[gone])]))
            named = said
            if gone == j - 1:
                last = max((m.end for m in held[gone]), default=end)
                named = sentence.about_insulted(note.text[last:end], said)
                named = sentence.with_object(note.text[start:end], named)
            if named == said and name:
                named = sentence.about(name, said, next_to=gone == j - 1)
            if named != said:
                stays[j] = named
                break


def _secret(text: str, m: Match) -> Span:
    """Where the number or secret of a match stands: after the words that say what it is, or the whole match."""
    said = text[m.start : m.end]
    held = _NUMBER.search(said) or _WORD.search(said)
    if not held:
        return m.start, _closed(text, m)
    start = m.start + (held.start() if held.re is _NUMBER else held.end())
    return start, m.start + len(said.rstrip(".,;:"))


def _closed(text: str, m: Match) -> int:
    """The end of a match, with the parenthesis after it where it holds the one that opens."""
    opened = text.count("(", m.start, m.end) > text.count(")", m.start, m.end)
    return m.end + (opened and text.startswith(")", m.end))


def _replace(text: str, start: int, end: int, changes: Iterable[tuple[int, int, str]]) -> str:
    """This part of a text with these changes made: each where it begins, what it covers of the part gone."""
    out, at = "", start
    for a, b, new in sorted(changes):
        if a < end and b > at:
            if a >= at:
                out += text[at:a] + ("" if out.endswith(new) and not text[at:a].strip() else new)
            at = min(b, end)
    return out + text[at:end]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def edits(old: str, new: str) -> list[Edit]:
    """The word-wise replacements that turn `old` into `new`, as positions and new words only, in order.

    What the writer wrote stays where it is rather than being written anew elsewhere: these edits go into files.
    """
    found = _edits(old, new)
    if _moved(old, found):
        found = min(found, _edits(old, new, backwards=True), key=lambda f: _moved(old, f))
    return found


def _edits(old: str, new: str, *, backwards: bool = False) -> list[Edit]:
    return [Edit(s, e - s, new[a:b]) for s, e, a, b in changes(old, new, backwards=backwards)]


def _moved(old: str, found: Iterable[Edit]) -> int:
    """How many neighbours of the old text, values of a wording aside, these edits write anew."""
    pairs: set[str] = set()
    for e in found:
        folded = fold(e.text)
        for slot in SLOTS.values():
            folded = slot.sub(" | ", folded)
        words = re.findall(r"\w+|\|", folded)
        pairs |= {f"{a} {b}" for a, b in pairwise(words) if "|" not in (a, b)}
    if not pairs:
        return 0
    said = re.findall(r"\w+", fold(old))
    return len(pairs.intersection(f"{a} {b}" for a, b in pairwise(said)))


def apply(text: str, changes: Iterable[Edit]) -> str:
    """The text with these edits made, the last first so that positions hold."""
    for e in sorted(changes, key=lambda e: e.start, reverse=True):
        text = text[: e.start] + e.text + text[e.start + e.length :]
    return text
