"""The officer's pages: whole, deterministic, and nothing of an example is taken for Markdown."""

from __future__ import annotations

import re

import pytest

from conftest import FRENCH, finder, matcher_of
from motjuste.model import CATEGORIES, Change, Pack
from motjuste.officer import pages
from motjuste.rulepack.overrides import Choices, tailored
from test_own import LISTS, PROFILES, SHIPPED

SMALL = matcher_of(
    {
        "sante.toml": SHIPPED.replace("Client content.", "Un *client* | <b>content</b> [ici] c_n."),
        "lists.toml": LISTS,
        "profiles.toml": PROFILES,
        **FRENCH,
    }
)


@pytest.fixture(scope="module")
def french(pack: Pack) -> dict[str, str]:
    """The pages of the shipped pack."""
    return pages.pages(finder(pack))


@pytest.mark.corpus
def test_there_is_an_index_and_a_page_for_each_category(french: dict[str, str], pack: Pack) -> None:
    assert set(french) == {"index.md", *(f"{code}.md" for code in CATEGORIES)}
    links = re.findall(r"\]\((\w+\.md)\)", french["index.md"])
    assert links == [f"{code}.md" for code in CATEGORIES]
    for profile in pack.profiles.values():
        assert f"- `{profile.name}` : {profile.label}" in french["index.md"]


@pytest.mark.corpus
def test_a_page_says_what_the_pack_says(french: dict[str, str], pack: Pack) -> None:
    said = {name: plain(page) for name, page in french.items()}
    for rule in pack.rules:
        page = french[f"{rule.category}.md"]
        start = page.index(f"### `{rule.id}`")
        part = page[start : page.find("\n#", start + 1)]
        assert part.count("\n| ") == 1 + len(rule.bad)  # a head, then a row an example
        assert pages.LEVELS[rule.level] in part
        rows = plain(part)
        for example in rule.bad:
            if example.fixed:
                assert f" | {plain(example.fixed)} |" in rows
        for text in rule.allowed:
            assert f"\n- {plain(' '.join(text.split()))}\n" in said[f"{rule.category}.md"]
    for code, category in pack.categories.items():
        assert category.law in french[f"{code}.md"] and category.advice in french[f"{code}.md"]
    assert "- **Entre guillemets** : à surveiller" in french["injure.md"]
    assert "Entre guillemets" not in french["jugement.md"]
    for code in CATEGORIES:
        unsure = "- **Si le reste de la phrase ne le confirme pas** : à surveiller" in french[f"{code}.md"]
        assert unsure is (pack.categories[code].unsure == "watch"), code
    assert {pack.categories[code].unsure for code in CATEGORIES} == {"", "watch"}  # both are among them
    for profile in pack.profiles.values():
        for change in profile.changes:
            code = next((r.category for r in pack.rules if r.id == change.target), change.target)
            assert change.law in french[f"{code}.md"] and change.why in french[f"{code}.md"]


def plain(markdown: str) -> str:
    """Markdown without its escapes, each run of spaces as one."""
    return re.sub(r"[ \u00a0\u202f]+", " ", re.sub(r"\\(.)", r"\1", markdown))


def test_nothing_of_a_text_is_taken_for_formatting() -> None:
    page = pages.pages(SMALL)["sante.md"]
    assert r"- Un \*client\* \| \<b\>content\</b\> \[ici\] c\_n." in page
    assert "| Client **malade**, rappeler. | Rappeler. |" in page
    for row in (line for line in page.splitlines() if line.startswith("|")):
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 5)


@pytest.mark.corpus
def test_each_row_of_the_shipped_pages_has_its_cells(french: dict[str, str]) -> None:
    for name, page in french.items():
        width = 0
        for line in page.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not width or cells in (0, width), (name, line)
            width = cells


def test_the_settings_of_the_organisation_are_told_with_their_reason() -> None:
    changes = (Change("sante-nombre", "off", "Nos numéros sont publics."),)
    choices = Choices(profile="bank", changes=changes)
    page = pages.pages(SMALL.with_pack(tailored(SMALL.pack, choices)), SMALL.pack, changes)["sante.md"]
    applied, others = page.split("## Réglages appliqués")[1].split("## Selon le métier")
    assert "la règle `sante-nombre` n'est plus appliquée | Nos numéros sont publics." in applied
    assert "la règle `sante-malade` n'est plus appliquée | Parce que. | Code, art. 1" in applied
    assert "toute la catégorie devient « à surveiller » | Parce que. | Code, art. 2" in others
    assert "Banque" not in others and "### `" not in page
    assert "profil « Banque »" in page
    assert "Rien : la catégorie" in page


def test_the_same_pack_gives_the_same_pages() -> None:
    assert pages.pages(SMALL) == pages.pages(SMALL)
