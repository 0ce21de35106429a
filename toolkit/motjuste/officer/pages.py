"""The pages that a data-protection officer reads: one a category, in French, in Markdown, made from the pack. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence

from motjuste.engine.matcher import Matcher
from motjuste.model import CATEGORIES, Category, Change, Example, Level, Pack, Profile, Rule
from motjuste.printable import lines
from motjuste.rewriting.rewrite import Rewriter

LEVELS: dict[Level, str] = {"block": "bloquant", "watch": "à surveiller"}
_MEANING: dict[Level, str] = {
    "block": "certain, et aucun dossier n'en a besoin ; refusé à la saisie dans une colonne en mode `block`",
    "watch": "dépend du contexte ou du métier ; relevé, jamais refusé",
}
_NOTHING = "*(phrase à supprimer)*"

Propose = Callable[[Example], str]


def pages(matcher: Matcher, whole: Pack | None = None, changes: Sequence[Change] = ()) -> dict[str, str]:
    """File name -> text: `index.md`, and one page for each category. Deterministic.

    The pack of `matcher` is the one in use; `whole` the same before a profile and the policy's `changes` fitted it.
    """
    pack = matcher.pack
    whole = whole or pack
    propose = proposals(matcher)
    codes = [c for c in CATEGORIES if any(r.category == c for r in whole.rules)]
    found = {f"{code}.md": _page(pack, whole, changes, pack.categories[code], propose) for code in codes}
    return {"index.md": _index(pack, codes), **found}


def proposals(matcher: Matcher) -> Propose:
    """What says the neutral note of an example: the one that its author gives, else the rewriter's."""
    rewriter = Rewriter(matcher)

    def propose(example: Example) -> str:
        if example.fixed is not None:
            return example.fixed
        return rewriter.rewrite(example.text, matcher.find(example.text))

    return propose


def _index(pack: Pack, codes: Iterable[str]) -> str:
    lines = [
        "# Ce qu'un commentaire ne doit pas dire",
        "",
        _origin(pack),
        "",
        "Un commentaire est conforme quand la personne concernée pourrait le lire par-dessus l'épaule de l'agent"
        " sans en être blessée, et quand le dossier ne pourrait être traité sans lui. Notez la conséquence utile,"
        " jamais sa cause.",
        "",
        "| catégorie | fondement | niveau | règles | ce qu'il faut écrire |",
        "|---|---|---|---|---|",
    ]
    for code in codes:
        c = pack.categories[code]
        count = sum(r.category == code for r in pack.rules)
        cells = (
            f"[{markdown(c.label)}]({code}.md)",
            markdown(c.law),
            LEVELS[c.level],
            str(count),
            markdown(c.advice),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Niveaux", "", *(f"- **{LEVELS[level]}** : {_MEANING[level]}." for level in LEVELS)]
    profiles = [p for p in pack.profiles.values() if p.changes]
    if profiles:
        lines += ["", "## Métiers", ""]
        lines.append(
            "Un profil de métier permet ce que la loi permet à ce métier. Les différences figurent dans chaque page."
        )
        lines += ["", *(f"- `{p.name}` : {markdown(p.label)}" for p in profiles)]
    return "\n".join(lines) + "\n"


def _origin(pack: Pack) -> str:
    profile = pack.profiles.get(pack.profile)
    applied = f", profil « {markdown(profile.label)} »" if profile else ""
    return (
        f"Pages établies par `motjuste rules pages` à partir des règles, version {pack.version}{applied}."
        " Elles aident le délégué à la protection des données et ne constituent pas un avis juridique."
    )


def _page(pack: Pack, whole: Pack, changes: Sequence[Change], category: Category, propose: Propose) -> str:
    rules = [r for r in pack.rules if r.category == category.code]
    lines = [
        f"# {markdown(category.label)}",
        "",
        _origin(pack),
        "",
        f"- **Fondement** : {markdown(category.law)}",
        f"- **Niveau habituel** : {LEVELS[category.level]} ({_MEANING[category.level]})",
        *(
            [
                f"- **Entre guillemets** : {LEVELS[category.quoted]} (propos rapportés, titre d’un livre ou d’un film)"
            ]
            if category.quoted
            else []
        ),
        *(
            [f"- **Si le reste de la phrase ne le confirme pas** : {LEVELS[category.unsure]}"]
            if category.unsure
            else []
        ),
        f"- **Conseil à l'agent** : {markdown(category.advice)}",
        f"- **Code** : `{category.code}`",
        "",
        "[Toutes les catégories](index.md)",
        "",
        "## Ce qui est relevé",
    ]
    for rule in rules:
        lines += ["", *_rule(rule, propose)]
    if not rules:
        lines += ["", "Rien : la catégorie n'est pas appliquée avec les réglages ci-dessous."]
    allowed = list(dict.fromkeys(text for rule in rules for text in rule.allowed))
    if allowed:
        lines += ["", "## Ce qui est laissé tel quel", ""]
        lines += ["Ces notes ressemblent aux précédentes et sont conformes.", ""]
        lines += [f"- {markdown(text)}" for text in allowed]
    concerned = {category.code, *(r.id for r in whole.rules if r.category == category.code)}
    applied = [p for p in pack.profiles.values() if p.name == pack.profile]
    own = Profile("motjuste.toml", "Votre organisation", tuple(changes))
    others = [p for p in pack.profiles.values() if p.name != pack.profile]
    lines += _differences("Réglages appliqués", [*applied, own], concerned)
    lines += _differences("Selon le métier", others, concerned)
    return "\n".join(lines) + "\n"


def _rule(rule: Rule, propose: Propose) -> list[str]:
    lines = [f"### `{rule.id}`", "", f"{markdown(rule.why)} *Niveau : {LEVELS[rule.level]}.*", ""]
    lines += ["| à éviter | à écrire |", "|---|---|"]
    for example in rule.bad:
        start, end = example.start, example.start + example.length
        marked = f"{markdown(example.text[:start])}**{markdown(example.text[start:end])}**{markdown(example.text[end:])}"
        lines.append(f"| {marked} | {markdown(propose(example)) or _NOTHING} |")
    return lines


def _differences(title: str, profiles: Iterable[Profile], concerned: Container[str]) -> list[str]:
    """A table of what profiles change in a category, named with its rules in `concerned`; nothing where none does."""
    rows = [
        _difference(profile, change)
        for profile in profiles
        for change in profile.changes
        if change.target in concerned
    ]
    head = ["", f"## {title}", "", "| métier | ce qui change | pourquoi | texte |", "|---|---|---|---|"]
    return [*head, *rows] if rows else []


def _difference(profile: Profile, change: Change) -> str:
    whole = change.target in CATEGORIES
    becomes = "n'est plus appliquée" if change.level == "off" else f"devient « {LEVELS[change.level]} »"
    what = f"{'toute la catégorie' if whole else f'la règle `{change.target}`'} {becomes}"
    cells = (
        f"{markdown(profile.label)} (`{profile.name}`)",
        what,
        markdown(change.why),
        markdown(change.law),
    )
    return f"| {' | '.join(cells)} |"


def markdown(text: str) -> str:
    """A text as one line of Markdown, none of its characters taken for formatting."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", lines(re.sub(r"\s+", " ", text)))
