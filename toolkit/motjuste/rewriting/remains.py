"""What stays of a sentence once its faults are gone: parts of clauses, whole clauses, whom they speak of."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence, Set

from motjuste.engine.text import fold
from motjuste.model import Match
from motjuste.rewriting import clause, sentence, subject
from motjuste.rewriting.draft import Draft
from motjuste.rewriting.sentence import Span

LEANING = (
    8  # tenths of a log-odds from which a clause beside a fault, that says nothing of the file, goes with it
)
DOING = 10  # the same where it says that somebody does something, but no more of the file
_FIRST = 16  # the same where the sentence opens with it, and beside what is but an opinion
_OPENING = 22  # the same of a heading, before a colon, and of both halves of a pair
_BETWEEN = 4  # from which a clause goes that stands inside a sentence, before a fault: most often it lists more of it
_TELLING = 10  # that a word alone may not weigh
_TIES = ("", "+", "/", "-", "&")
MARK = " \t\r\n\u00a0\u202f.!?…;"


def parts(
    note: Draft,
    spans: Sequence[Span],
    held: Sequence[Sequence[Match]],
    flagged: set[int],
    opinions: Container[int],
    is_person: Callable[[str, Sequence[Match]], bool],
    find: Callable[[str], Sequence[Match]],
) -> dict[int, str]:
    """The facts of the file before or after the match in a clause, by the index of the clause.

    `opinions`: the clauses that hold but opinions.
    `is_person`: whether a noun after these matches is a person, who is named where it is their deed.
    `find`: the matches of a text; nobody is said to be somewhere where that makes the clause a finding.
    """
    g = note.grammar
    found: dict[int, str] = {}
    for i in sorted(flagged):
        start, end = spans[i]
        first, last = min(m.start for m in held[i]), max(m.end for m in held[i])
        done = g["auxiliary"].search(note.folded, start, last)
        if not done and i in opinions and g["apposed"].match(note.folded, first):
            done = g["asking_ends"].search(note.folded, start, last)
        if done:
            last = done.start()  # `cette ordure a` rendu le panier, `cet abruti veut` un devis
        before = clause.head(g, note.text, start, first) if first > start else ""
        after = clause.tail(g, note.text, last, end, opinion=i in opinions) if last < end else ""
        if not after and last < end:
            after = clause.task_after(g, note.text, start, last, end)
        if not before and not after and i in opinions:
            before = clause.task_around(g, note.text, start, first, last, end)
        name = subject.named(g, note.text, start, first) if after and not before else ""
        if after and not before and not name:
            whom = subject.described(g, note.text, start, first)
            name = whom if whom and is_person(whom, ()) else ""
        if after and not before and not name:
            between = note.text[last : note.text.index(after, last)]
            held_by = subject.holder(g, between)
            insulted = () if subject.in_a_place(g, between) else held[i]
            name = held_by if held_by and is_person(held_by, insulted) else ""
            where = "" if name else subject.located(g, between)
            if where and not find(f"{where} : {after}"):
                name = f"{where} :"
        if not before and not after and i + 1 < len(spans) and i + 1 not in flagged:
            before = note.text[start : clause.moment(g, note.folded, start, first)].strip()
        part = f"{name} {after}" if name else ", ".join(filter(None, (before, after)))
        if part:
            found[i] = part
    return found


def keep_reports(note: Draft, spans: Sequence[Span], stays: dict[int, str]) -> None:
    """Keeps the words of somebody from standing as a fact: `il jure, ce menteur, que c'est payé` -> `il jure que c'est payé`.

    What goes on after a clause that is gone stays with the verb that reports it, or goes with that.
    """
    g = note.grammar
    for i in sorted(stays):
        if not g["reported"].match(note.clause(spans[i])):
            continue
        verb = max((j for j in range(i) if g["reports"].search(note.clause(spans[j]))), default=-1)
        if verb in stays and verb < i - 1 and not any(j in stays for j in range(verb + 1, i)):
            stays[verb] = f"{stays[verb]} {stays.pop(i)}"
        elif i - 1 not in stays or (verb >= 0 and verb not in stays):
            del stays[i]


def drop_explanations(note: Draft, spans: Sequence[Span], stays: dict[int, str], causes: Set[int]) -> None:
    """Removes clauses that only add to a removed cause, or say who told it: `elle compte les bûches`, `dit-il`."""
    g = note.grammar
    for i in sorted(stays, reverse=True):
        if i + 1 < len(spans) and i + 1 not in stays and clause.introduces(g, note.clause(spans[i])):
            del stays[i]
    for i in sorted(stays):
        said = note.clause(spans[i])
        told_on = i + 1 in causes and clause.is_complement(g, note.clause(spans[i + 1]))
        paired = i + 1 in stays and clause.is_more(g, note.clause(spans[i + 1]))
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(spans) and j not in stays]
        told = (i - 1 in causes and not paired) or told_on
        if (
            (told and clause.explains(g, said))
            or (beside and clause.is_aside(g, said))
            or (any(j < i for j in causes) and clause.tells_more(g, said))
            or (causes and i not in causes and clause.is_cause(g, said))
        ):
            del stays[i]


def drop_fragments(
    note: Draft,
    spans: Sequence[Span],
    flagged: set[int],
    stays: dict[int, str],
    weigh: Callable[[str], int],
    opinions: Container[int],
) -> None:
    """Removes clauses that mean nothing without the removed clause beside them: `le fils et`, `garage :`, `le pauvre`.

    `weigh`: what a folded clause weighs as evidence of a fault; `opinions`: the clauses that hold but opinions.
    """
    g = note.grammar
    gaps = sentence.separators(note.text, spans)
    whole = bool(spans) and note.text[spans[0][0] : spans[-1][1]] == note.text.strip(MARK)
    last = len(spans) - 1 if whole and "(" not in "".join(gaps) else -1
    for i in sorted(stays, reverse=True):
        if i not in stays:
            continue
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(spans) and j not in stays]
        said = note.clause(spans[i])
        hung_on = (i - 1,) if sentence.unlinked(g, said) != said else (i - 1, i + 1)
        told = any(j < i for j in flagged) and clause.is_hearsay(g, said)
        if i not in flagged and (told or (flagged.intersection(hung_on) and clause.hangs(g, said))):
            del stays[i]
            continue
        if i in flagged or not beside:
            continue
        if subject.is_name(g, stays[i]):
            del stays[i]  # said again with what follows
            continue
        after = min((j for j in stays if j > i), default=None)
        heading = ":" in gaps[i] if i < len(gaps) else False
        if after is not None and (
            (heading and weigh(said) < _OPENING) or sentence.governs(g, fold(stays[i]), fold(stays[after]))
        ):
            continue  # the heading or the subject of what follows
        fact = clause.is_past_deed(g, said) and all(j in opinions for j in beside)
        pairs = [j for j in (i - 1, i + 1) if j in stays and gaps[min(i, j)].strip() in _TIES]
        wholes = [note.folded[spans[min(i, j)][0] : spans[max(i, j)][1]] for j in pairs]
        if not fact and any(weigh(w) >= _OPENING and not clause.says_file(g, w) for w in wholes):
            for j in (i, *pairs):
                del stays[j]
            continue
        if any(clause.stands_alone(g, whole, joined=True) for whole in wholes):
            continue  # half of a pair
        joined = any(gaps[min(i, j)].strip() in ("", "=") for j in beside)
        weight = weigh(said)
        if (
            i == last
            and not joined
            and clause.is_matter(g, note.text[slice(*spans[i])])
            and weight < _TELLING
        ):
            continue
        opens = i == 0 or ":" in gaps[i - 1]
        most = LEANING if i - 1 in beside else _BETWEEN
        if i == 0 or all(j in opinions for j in beside):
            most = _FIRST
        elif opens or clause.says_file(g, said):
            most = DOING
        leans = weight >= most and not (fact or clause.needed(g, said))
        if not clause.stands_alone(g, said, joined=joined) or clause.is_subject(g, said) or leans:
            del stays[i]
    if len(stays) == 1 and len(spans) > 1:
        ((only, kept),) = stays.items()
        if clause.is_subject(g, fold(kept)) or clause.is_setting(g, fold(kept)):
            del stays[only]


def name_people(
    note: Draft, spans: Sequence[Span], held: Sequence[Sequence[Match]], stays: dict[int, str]
) -> None:
    """Names the subject in the next clause if the clause that named it is removed."""
    g = note.grammar
    for i, j in zip([-1, *sorted(stays)], sorted(stays), strict=False):
        if i + 1 == j:
            continue
        same = subject.with_subject(g, note.text[slice(*spans[j - 1])], stays[j], inside=i >= 0)
        if same != stays[j]:
            stays[j] = same
            continue
        said = sentence.unlinked(g, stays[j])
        for gone in range(i + 1, j):
            start, end = spans[gone]
            name = subject.named(g, note.text, start, min([end, *(m.start for m in held[gone])]))
            named = said
            if gone == j - 1:
                last = max((m.end for m in held[gone]), default=end)
                named = subject.about_insulted(g, note.text[last:end], said)
                named = subject.with_object(g, note.text[start:end], named)
            if named == said and name:
                named = subject.about(g, name, said, next_to=gone == j - 1)
            if named != said:
                stays[j] = named
                break
