"""Rewriting: the neutral note, what it keeps, and that it needs no second rewriting."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import HEAD, small_pack
from motjuste.matcher import Matcher
from motjuste.rewrite import Rewriter, apply, edits
from motjuste.sentence import sentences
from test_matcher import FRENCH, NOTE, rule

REWRITER = Rewriter(FRENCH)


def neutral(text: str) -> str:
    """The French pack's proposal for a note."""
    return REWRITER.rewrite(text, FRENCH.find(text))


OPERATION = "Je vais me faire opérer d'une hernie discale, l'hospitalisation va durer 1 mois"
DIVORCE = (
    "En instance de divorce, mon ex-mari ne me verse pas encore de pension, "
    "c'est pourquoi je suis à découvert et que le prélèvement a été rejeté."
)


@pytest.mark.parametrize("apostrophe", ["'", "’"])
@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (OPERATION, "Client indisponible pour 1 mois pour raisons de santé"),
        (DIVORCE, "Le client nous fait part de difficultés financières"),
    ],
    ids=["operation", "divorce"],
)
def test_the_two_sentences_that_every_release_must_produce(note: str, expected: str, apostrophe: str) -> None:
    assert neutral(note.replace("'", apostrophe)) == expected


# -- a small pack: clauses, effects, slots ------------------------------------------------------------

EFFECTS = """
[[category.effect]]
when = ["absent(e)", "hospitalisé(e)"]
say = "Client indisponible[ pour {duree}][ {periode}][ jusqu'au {date}]"
"""


def rewritten(text: str) -> str:
    """The proposal of a pack with one rule, `malade`, and one effect, absence."""
    matcher = Matcher(small_pack(rule('match = ["malade(s)"]'), head=HEAD + EFFECTS))
    return Rewriter(matcher).rewrite(text, matcher.find(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Client content.", "Client content."),
        ("Malade.", ""),
        ("Client malade, rappeler lundi.", "Rappeler lundi."),
        ("Rappeler lundi, client malade.", "Rappeler lundi."),
        ("Rappelé le 12/03. Client malade. Doit 120,50 €.", "Rappelé le 12/03. Doit 120,50 €."),
        ("Malade, absent 3 semaines, dossier à renvoyer.", "Client indisponible pour 3 semaines. Dossier à renvoyer."),
        ("Malade, hospitalisée du 3 au 12 mai", "Client indisponible du 3 au 12 mai"),
        ("Malade et absente jusqu'au 4 juin.", "Client indisponible jusqu'au 4 juin"),
        ("Vu M. Petit, malade. À rappeler !", "Vu M. Petit. À rappeler !"),
        ("Malade ! Malade ? Malade…", ""),
        ("Ligne 1\nClient malade\nLigne 3", "Ligne 1\nLigne 3"),
        ("Ligne 1\r\nClient malade, rappeler\r\nLigne 3", "Ligne 1\r\nRappeler\r\nLigne 3"),
    ],
)  # fmt: skip
def test_clauses_go_and_effects_stay(text: str, expected: str) -> None:
    assert rewritten(text) == expected


def test_a_sentence_without_a_finding_stays_to_the_byte() -> None:
    kept = "  Réglé 3 × 12,50 €  (chèque n°\u00a04 512) ;  voir   M. Petit"
    assert rewritten(f"{kept}. Client malade.").startswith(kept + ".")


@pytest.mark.parametrize(
    "kept",
    [
        "120,50 €",
        "1 250 euros",
        "le 12/03/2024",
        "lundi 4 juin",
        "3 mois",
        "facture 2024-117",
        "14h30",
        "chèque n° 4512",
    ],
)
def test_what_the_file_needs_stays(kept: str) -> None:
    assert kept.lower() in rewritten(f"Client malade, {kept}, à rappeler.").lower()


def test_an_own_wording_and_an_inline_one() -> None:
    say = rule('match = ["malade"]\nsay = "Ne pas rappeler[ pour {duree}]"')
    matcher = Matcher(small_pack(say))
    assert (
        Rewriter(matcher).rewrite("Malade pour 2 jours.", matcher.find("Malade pour 2 jours."))
        == "Ne pas rappeler pour 2 jours"
    )
    number = Matcher(
        small_pack(rule("pattern = '[0-9]{12}'"), head=HEAD.rstrip() + '\ninline = "[retiré]"\n')
    )
    text = "Numéro 123456789012 donné, rappeler."
    assert Rewriter(number).rewrite(text, number.find(text)) == "Numéro [retiré] donné, rappeler."


def test_without_a_match_the_note_is_its_own_proposal() -> None:
    assert REWRITER.rewrite(OPERATION, []) == OPERATION


# -- the French pack ----------------------------------------------------------------------------------


@given(NOTE)
def test_a_proposal_holds_no_finding_and_is_a_fixed_point(text: str) -> None:
    proposal = neutral(text)
    assert FRENCH.find(proposal) == []
    assert neutral(proposal) == proposal


@pytest.mark.parametrize(
    "text",
    ["malade. " * 20_000, "alcoolique, " * 20_000, "«" * 100_000 + " alcoolique", "alcoolique\ud800 😀"],
)
def test_long_and_odd_notes_have_a_proposal(text: str) -> None:
    assert FRENCH.find(neutral(text)) == []


# -- sentences and edits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Un. Deux ! Trois ? Quatre… cinq", ["Un.", "Deux !", "Trois ?", "Quatre…", "cinq"]),
        ("Vu M. Petit et Mme. Grand. Fin.", ["Vu M. Petit et Mme. Grand.", "Fin."]),
        ("Reste 12.50 € au 3.4.2024. Fin", ["Reste 12.50 € au 3.4.2024.", "Fin"]),
        ("Un\nDeux\r\nTrois", ["Un", "Deux", "Trois"]),
        ("Un ; deux;trois", ["Un ;", "deux;trois"]),
        ("", []),
        (" \n ", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == expected


@given(st.text(max_size=200))
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    spans = list(sentences(text))
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in itertools.pairwise(spans))


@given(st.text(max_size=80), st.text(max_size=80))
def test_edits_turn_one_text_into_the_other(old: str, new: str) -> None:
    assert apply(old, edits(old, new)) == new


@given(NOTE)
def test_edits_carry_no_words_of_the_note_that_go(text: str) -> None:
    """Only wording of the proposal: an edit can be stored, the note cannot."""
    proposal = neutral(text)
    for edit in edits(text, proposal):
        assert edit.text in proposal
    assert apply(text, edits(text, proposal)) == proposal
