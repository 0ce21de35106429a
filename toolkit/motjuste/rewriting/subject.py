"""Whom a clause speaks of, where the clause that named them goes: `elle veut rendre le lit`, `Mme Roux veut rendre le lit`."""

from __future__ import annotations

import re

from motjuste.engine.text import fold
from motjuste.rewriting.grammar import Grammar

_LONGEST_VERB = 32  # characters that are read after a name


def holder(g: Grammar, between: str) -> str:
    """The noun that stands after a match and before its verb: `de livreur`, as in `cet idiot de livreur a`; or ''."""
    m = g["of_whom"].fullmatch(between)
    return m[1] if m and not g["quality_word"].match(fold(m[1])) else ""


def in_a_place(g: Grammar, between: str) -> bool:
    """Whether the noun after a match may be where someone is found: `du bureau`, not `de livreur`."""
    return g["of_place"].fullmatch(between) is not None


def located(g: Grammar, between: str) -> str:
    """Where someone is found, between a match and its verb: `au 3e`, `au bureau`, as in `le crétin du 3e a`; or ''."""
    m = g["of_where"].fullmatch(between) or g["of_place"].fullmatch(between)
    return f"{g.places.get(fold(m[1]), m[1])}{m[2]}" if m else ""


def named(g: Grammar, text: str, start: int, end: int) -> str:
    """The title and name, or whom else, that a clause opens with before `end`: what comes next is about them; or ''."""
    m = g["titled_name"].match(text, start, end)
    if m:
        return m[0]
    m = g["person"].match(text, start, end)
    while m:
        if g["then_verb"].match(fold(text[m.end() : m.end() + _LONGEST_VERB])):
            return m[0]
        shorter = m[0].rpartition(" ")[0]  # in capitals the verb looks like a name: LE GENDRE EST UN
        m = g["person"].fullmatch(text, start, start + len(shorter)) if text[start:end].isupper() else None
    return ""


def described(g: Grammar, text: str, start: int, end: int) -> str:
    """Whom a clause opens with right before an adjective at `end`: `le client`, as in `le client alcoolique refuse`; or ''."""
    m = g["person"].match(text, start, end)
    return m[0] if m and not text[m.end() : end].strip() else ""


def about(g: Grammar, name: str, clause: str, *, next_to: bool) -> str:
    """The clause, said of that person: `elle veut rendre le lit` -> `Mme Roux veut rendre le lit`.

    `next_to`: the clause followed the one that named them.
    """
    titled = is_name(g, name)
    pronoun = g["subject_pronoun"].match(clause)
    if pronoun:
        his = g.pronoun(pronoun[1])
        one = his is not None and (his.article if titled else re.match(his.names, fold(name)))
        return f"{name} {clause[pronoun.end() :]}" if one else clause
    if g["says"].match(fold(clause)) and (titled or next_to):
        return f"{name} {clause}"
    return f"{name} : {clause}" if titled else clause


def about_insulted(g: Grammar, after: str, clause: str) -> str:
    """The clause, said of whom follows the match before it: `cette garce de concierge, elle garde` -> `la concierge garde`."""
    noun, pronoun = g["noun_of"].fullmatch(after), g["subject_pronoun"].match(clause)
    his = g.pronoun(pronoun[1]) if pronoun else None
    if not noun or not pronoun or his is None or not his.article or g["quality_word"].match(fold(noun[1])):
        return clause
    article = his.elided if g["vowel"].match(fold(noun[1])) else his.article
    return f"{article}{noun[1]} {clause[pronoun.end() :]}"


def with_object(g: Grammar, before: str, clause: str) -> str:
    """The clause, with whom the one before it began with: `sa mère décide de tout`, `voir avec elle` -> `voir avec sa mère`."""
    name = g["titled_name"].match(before)
    whom, with_whom = name or g["relative"].match(fold(before)), g["with_whom"].search(clause)
    if not whom or not with_whom or g["subject_pronoun"].match(clause):
        return clause
    said = before[slice(*whom.span())]
    said = said if name else said[0].lower() + said[1:]
    same = any(p.object == with_whom[1] and p.whom and re.match(p.whom, fold(said)) for p in g.pronouns)
    return clause[: with_whom.start(1)] + said + clause[with_whom.end(1) :] if same else clause


def is_name(g: Grammar, text: str) -> bool:
    """Whether a text is a title and a name, and no more."""
    return g["titled_name"].fullmatch(text) is not None


def with_subject(g: Grammar, before: str, clause: str, *, inside: bool) -> str:
    """The clause, with its subject where that stood in the clause before: `le fils ne lui parle plus`, `et reprend le contrat`.

    A pronoun is a subject where the clause is `inside` a sentence, after others.
    """
    subjects = g["holder"].findall(before)
    pronoun = g["subject_pronoun"].match(before) if inside and not subjects else None
    subjects += [pronoun[1].lower()] if pronoun else []
    verb = g["same_subject"].match(fold(clause))
    return f"{subjects[-1]} {clause[verb.end() :]}" if subjects and verb else clause
