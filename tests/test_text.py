"""Folding keeps offsets; the readings of a text map back to it."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motjuste.engine import text as texts

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("aaaeeennnoorrcs.-*  éœ\u0301\u0308\u200b\u200d\u00ad\ufe0f\u202e'’"),
        st.characters(),
    ),
    max_size=60,
)


def test_every_code_point_folds_to_one_code_point_and_stays_there() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    folded = texts.fold(everything)
    assert len(folded) == len(everything)
    assert texts.fold(folded) == folded


def test_a_folded_text_has_no_capital_and_no_accent_of_the_french_alphabet() -> None:
    accented = "àâäçéèêëîïôöùûüÿœæ"
    assert texts.fold(accented) == "aaaceeeeiioouuuyœæ"
    assert texts.fold(accented.upper()) == texts.fold(accented)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("l’ex", "l'ex"),
        ("« con »", '" con "'),
        ("casse–couilles", "casse-couilles"),
        ("gros\u00a0con", "gros con"),
        ("gros\u202fcon", "gros con"),
        ("gros\r\ncon", "gros  con"),
        ("Straße", "strase"),
        ("İSTANBUL", "istanbul"),
        ("ЖΩ漢", "ЖΩ漢"),
    ],
)
def test_typography_does_not_hide_a_word(written: str, folded: str) -> None:
    assert texts.fold(written) == folded


def test_a_plain_text_has_one_reading_without_cuts() -> None:
    [only] = texts.variants("client content")
    assert only == texts.Variant("client content")
    assert only.original(7, 7) == (7, 7)


@pytest.mark.parametrize(
    ("text", "word", "stored"),
    [
        (unicodedata.normalize("NFD", "très dépressif hier"), "depressif", "dépressif"),
        ("un al\u200bcoo\u200blique ici", "alcoolique", "al\u200bcoo\u200blique"),
        ("un alcoo\u00adlique ici", "alcoolique", "alcoo\u00adlique"),
        ("quel connnnard va", "connard", "connnnard"),
        ("quel coooon va", "con", "coooon"),
        ("un s.d.f devant", "sdf", "s.d.f"),
        ("un s-d-f devant", "sdf", "s-d-f"),
        ("\u202enoc con", "con", "con"),
    ],
)
def test_offsets_of_a_reading_point_at_the_stored_word(text: str, word: str, stored: str) -> None:
    stored = unicodedata.normalize("NFD", stored) if not unicodedata.is_normalized("NFC", text) else stored
    found = set()
    for variant in texts.variants(texts.fold(text)):
        for m in texts.words(variant.body):
            if m[0] == word:
                start, length = variant.original(m.start(), len(word))
                found.add(text[start : start + length])
    assert stored in found


@given(HOSTILE)
def test_any_span_of_any_reading_lies_in_the_text(text: str) -> None:
    folded = texts.fold(text)
    assert len(folded) == len(text)
    readings = texts.variants(folded)
    for variant in readings:
        assert variant.original(0, len(variant.body))[1] <= len(text)
        for m in texts.words(variant.body):
            start, length = variant.original(m.start(), m.end() - m.start())
            assert 0 <= start <= start + length <= len(text)
            assert length >= len(m[0])
            # what the span holds is the word, but for the characters that the reading cut out
            kept = iter(folded[start : start + length])
            assert all(letter in kept for letter in m[0])


@given(HOSTILE)
def test_no_character_that_is_dropped_is_left_in_a_reading(text: str) -> None:
    for variant in texts.variants(texts.fold(text)):
        assert not any("\u0300" <= c <= "\u036f" or "\u200b" <= c <= "\u200f" for c in variant.body)


def test_long_numbers_have_an_anchor_of_their_own() -> None:
    assert texts.long_numbers("cb 4970 1012 3456 7893, 4970-1012-3456") == [(3, 22), (24, 38)]
    assert texts.long_numbers("tel 06 12 34 56 78") == []


@pytest.mark.parametrize("token", ["c*n", "co****", "c0nnard", "p@tin", "conn@rd"])
def test_masked_words_are_seen(token: str) -> None:
    assert [m[0] for m in texts.masked_words(f"quel {token} lui")] == [token]


def test_what_is_far_from_what_differs_is_left_out() -> None:
    sentence = 'Le client "presse" rappelle. '
    folded = texts.fold(sentence * 200)
    [(start, end, written)] = texts.far(folded, [(0, 10)])
    assert (
        end == len(folded)
        and folded[:start].endswith("rappelle.")
        and texts.READ <= start - 10 < texts.READ + len(sentence)
    )
    assert written.startswith(";") and (written.count('"') - folded.count('"', start, end)) % 2 == 0
    left = texts.far(folded, [(2000, 2001), (2900, 2901)])  # between them all is read
    assert len(left) == 2 and all(end - start > texts.LEFT_OUT for start, end, _ in left)
    assert texts.far(folded.replace(".", ""), [(3000, 3001)]) == []  # no sentence is cut in two
    assert texts.far(folded[: texts.LEFT_OUT], [(0, 1)]) == []


def test_readings_of_a_long_text_are_about_as_long_as_the_text() -> None:
    text = ("Le client rappelle pour le dossier. " * 100 + "Un coooonnard, un s.d.f. ") * 20
    readings = texts.variants(texts.fold(text))
    assert len(readings) == 4 and sum(len(v.body) for v in readings) < 2.2 * len(text)
    for variant in readings[1:]:
        places = [variant.original(at, 1)[0] for at in range(len(variant.body))]
        assert places == sorted(places) and len(variant.near) in (20, 40)
