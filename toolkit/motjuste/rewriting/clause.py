"""What a clause says: something of the file, something to do, a cause; and what of it can stand without its fault.

Folded texts unless said otherwise; `g` has the language's words.
"""

from __future__ import annotations

import re

from motjuste.engine.text import fold
from motjuste.rewriting.grammar import Grammar
from motjuste.rewriting.sentence import unlinked

_LONGEST_OPENER = 32  # characters
_NEAR = 4  # words between what opens a complement and the match inside it


def says_work(g: Grammar, folded: str) -> bool:
    """Whether a piece of a folded text holds a measure or a word of the file: order, payment, document..."""
    return g["work"].search(folded) is not None or g["measure"].search(folded) is not None


def is_useful(g: Grammar, folded: str) -> bool:
    """True if a clause of a folded text has a fact of the file, a task or a decision: elle veut un devis."""
    return says_work(g, folded) or is_task(g, folded) or g["decides"].search(folded) is not None


def is_task(g: Grammar, folded: str) -> bool:
    """True if a clause of a folded text is a task in the infinitive: prévoir une rampe, ne pas le relancer."""
    return g["task"].match(unlinked(g, folded)) is not None


def says_to_do(g: Grammar, folded: str) -> bool:
    """True if a clause says what is to be done (`ne pas les placer ensemble`, `forfait a resilier`), not what it is for."""
    return (is_task(g, folded) and not g["aim"].match(folded)) or g["to_do"].search(folded) is not None


def goes_on(g: Grammar, folded: str) -> bool:
    """True if the subject of a clause is who or what the clause before is about: `il attend`, `et ne signe plus`."""
    return g["on_cause"].match(folded) is not None or g["same_subject"].match(folded) is not None


def explains(g: Grammar, folded: str) -> bool:
    """True if a clause has no fact of the file, and its subject is in a clause before that is removed: elle compte les bûches."""
    if g["hangs_on"].match(folded) or g["theirs"].match(folded):
        return True
    return goes_on(g, folded) and not (
        is_useful(g, folded)
        or g["may"].match(folded)
        or g["cannot"].search(folded)
        or re.search(r"\d", folded)
    )


def tells_more(g: Grammar, folded: str) -> bool:
    """True if a clause refers to the place or thing that a removed clause named: `il y est pour 4 ans`."""
    return g["there"].match(folded) is not None and not g["work"].search(folded)


def introduces(g: Grammar, folded: str) -> bool:
    """True if a clause only says that somebody tells the next one: `la cliente explique`, or at what length."""
    return g["introduces"].search(folded) is not None


def is_more(g: Grammar, folded: str) -> bool:
    """True if a clause is only the second object of the clause before: `et 4 chaises`."""
    return g["more"].match(folded) is not None


def is_aside(g: Grammar, folded: str) -> bool:
    """Whether a clause only says who said what stands beside it: `me dit-elle`, `paraît-il`, `dixit la voisine`."""
    return g["aside"].fullmatch(folded) is not None


def is_complement(g: Grammar, folded: str) -> bool:
    """True if a clause only continues the one before: chez les pentecôtistes."""
    return g["complement"].match(folded) is not None


def is_setting(g: Grammar, folded: str) -> bool:
    """True if a clause only says where or when something removed took place: `a la visite du T3`, `lors du rendez-vous`."""
    return g["setting"].fullmatch(folded) is not None


def is_subject(g: Grammar, folded: str) -> bool:
    """True if a clause only names its subject, and is no sentence by itself."""
    return g["subject"].fullmatch(unlinked(g, folded)) is not None and not says_work(g, folded)


def stands_alone(g: Grammar, folded: str, *, joined: bool) -> bool:
    """True if a clause still has a meaning without its neighbour; `joined`: a conjunction joined the two."""
    if re.search(r"\d", folded):
        return True
    if g["cause"].match(folded):
        return says_work(g, folded)
    words = re.findall(r"\w{3,}", g["small_word"].sub("", folded))
    if g["whence"].match(folded):
        return len(words) > 3
    if g["relative_clause"].match(folded):
        return says_work(g, folded)
    return len(words) > (2 if joined else 1) or says_work(g, folded) or g["deed"].search(folded) is not None


def hangs(g: Grammar, folded: str) -> bool:
    """True if a clause only adds to its neighbour, and means nothing without it: `d'après sa femme`, `mais une belle voiture`."""
    if g["hangs"].fullmatch(_bare(folded)):
        return not says_work(g, folded)
    return is_hearsay(g, folded)


def is_hearsay(g: Grammar, folded: str) -> bool:
    """True if a clause only says who told the clause before: `il l'a dit à Sophie`, `sa femme nous l'a dit`."""
    return g["told_it"].match(_bare(folded)) is not None and not re.search(r"\d", folded)


def _bare(folded: str) -> str:
    """The words of a clause, without punctuation."""
    return re.sub(r"\W+", " ", folded).strip()


def forbids(g: Grammar, folded: str) -> bool:
    """Whether a clause says what is not to be done, or not wanted: `pas de photo`, `elle ne veut pas de crédit`."""
    return g["forbids"].match(unlinked(g, folded)) is not None


def is_deed(g: Grammar, folded: str) -> bool:
    """Whether a clause says what is to be done or asked, was done or will be: `ne pas citer`, `veut un patin`, `vu`, `pas de photo`."""
    return g["deed"].search(folded) is not None or any(
        m.match(unlinked(g, folded)) for m in (g["says"], g["forbids"], g["will"])
    )


def needed(g: Grammar, said: str) -> bool:
    """Whether a folded clause has a word or a number of the file, or says what is to be done or not."""
    return (
        g["fact"].search(said) is not None
        or says_work(g, said)
        or says_to_do(g, said)
        or forbids(g, said)
        or g["decides"].search(said) is not None
    )


def says_file(g: Grammar, said: str) -> bool:
    """Whether a folded clause has a fact of the file, or says what is asked or to be done."""
    return g["fact"].search(said) is not None or is_useful(g, said) or is_deed(g, said)


def task_after(g: Grammar, text: str, start: int, match_end: int, end: int) -> str:
    """The task that follows a match without punctuation between them: `CLT ILLETTRE PREVOIR 45 MN`; or ''."""
    m = g["tail_task"].match(re.sub(r"\W", " ", fold(text[match_end:end])))
    if not m or not says_work(g, m[1]) or g["takes_verb"].search(fold(text[start:match_end])):
        return ""
    return text[match_end + m.start(1) : end].strip()


def task_around(g: Grammar, text: str, start: int, match: int, match_end: int, end: int) -> str:
    """The task whose object goes, and when or how it is done: `rappeler` ~~ce bouffon~~ `à 14h`; or ''."""
    m = g["task_of"].fullmatch(re.sub(r"\W", " ", fold(text[start:match])).rstrip())
    left = text[match_end:end].strip(" ,")
    if not m or not g["task_when"].match(re.sub(r"\W", " ", fold(left))):
        return ""
    return f"{text[start : start + m.end(1)]} {left}"


def is_past_deed(g: Grammar, folded: str) -> bool:
    """Whether a clause tells what somebody did: `il a mis l'huile dans le radiateur`, `a repeint la façade`."""
    return g["past_deed"].match(unlinked(g, folded)) is not None


def is_cause(g: Grammar, folded: str) -> bool:
    """Whether a clause gives a cause and says nothing of the file: `car c'est leur Noël`."""
    return g["cause"].match(folded) is not None and not says_work(g, folded) and not re.search(r"\d", folded)


def is_matter(g: Grammar, clause: str) -> bool:
    """Whether a clause, not folded, is one word that may say what a note is about: `embauche`."""
    return g["matter"].fullmatch(clause.rstrip(".")) is not None


def moment(g: Grammar, folded: str, start: int, match: int) -> int:
    """The offset where the day or the hours end with which a clause of a folded text begins: they hold for the next clause too.

    Le vendredi entre 13 et 15 h; `start` where it opens with none.
    """
    m = g["moment"].match(folded, start, match)
    return m.end() if m else start


def head(g: Grammar, text: str, start: int, match: int) -> str:
    """The text before the complement that holds the match at `match`, if it is a fact of the file, else ''."""
    whole = text.rfind(". ", start, match)  # of a quotation of several sentences
    if (
        whole > start
        and re.search(r"[«“\"]", text[start:whole])
        and says_work(g, fold(text[start:whole]))
        and not g["tells"].search(fold(text[start:whole]))
    ):
        return text[start:whole]
    folded = re.sub(r"\W", " ", fold(text[start:match]))
    near = re.search(rf"(?:\b\w+ +){{0,{_NEAR}}}$", folded)
    opener = (
        g["told"].search(folded)
        or g["tells_why"].search(folded)
        or g["opener"].search(folded, near.start() if near else 0)
    )
    matched = fold(text[match : match + _LONGEST_OPENER])
    apposed = g["apposed"].match(matched)
    opened = opener or g["match_opener"].match(matched) or apposed
    if not opened or g["cause"].match(folded):
        return ""
    done = g["done_by"].fullmatch(opener[0]) if opener else None
    at = opener.start() if opener else len(folded)
    at += done.end(1) if done and says_work(g, done[1]) else 0
    before = folded[:at].strip()
    effect = g["tells_why"].match(opened[0]) is not None  # what stands before a cause is its effect
    if g["copula"].search(folded, opener.end() if opener else at) or not _is_whole(g, before, effect=effect):
        at = len(folded)
        if not apposed or not _is_whole(g, folded.strip(), effect=False):
            return ""
    said = text[start : start + at].strip(" ,:-'’")
    return "" if g["subject"].fullmatch(fold(said)) or g["bare_measure"].fullmatch(fold(said)) else said


def _is_whole(g: Grammar, before: str, *, effect: bool) -> bool:
    """True if the text before a violation has a fact of the file, and is complete without what is removed."""
    return (
        " " in before
        and (
            effect
            or says_work(g, before)
            or (g["asks"].match(before) is not None and not g["open_verb"].search(before))
        )
        and not g["unfinished_ends"].search(before)
        and not g["half"].search(before)
        and not g["tells"].search(before)
    )


def tail(g: Grammar, text: str, match_end: int, end: int, *, opinion: bool) -> str:
    """The text after a match if it begins with a verb of the file (qui refuse de signer), after an `opinion` with any verb; else ''."""
    left = text[match_end:end]
    words = re.sub(r"[^\w,]", " ", fold(left))
    m = g["tail"].match(words)
    if not m and len(left.lower()) == len(left):
        past = g["tail_past_capitals" if left.isupper() else "tail_past"]
        m = past.match(re.sub(r"[^\w,]", " ", left.lower()))
    m = m or (g["tail_present"].match(words) if opinion else None)
    at = match_end + m.start(1) if m else -1
    if not m and (m := g["reference"].search(fold(text[:end]), match_end)):
        at = m.start(1)
    if not m or " " not in m[1].strip():
        return ""
    said = text[at:end].strip()
    return "" if g["participle"].match(said) or g["his_object"].match(said) else said
