"""Misspelt words are read as what was meant; names and words of the language are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motjuste import assets
from motjuste.engine import misspelling, plain
from motjuste.learning.figures import Labelled
from motjuste.model import Match
from test_corpus import answers, notes, spread
from test_parity import differences, in_python, together_in_postgres
from typos import DAMAGE, JOINED, ONE_LETTER, OTHERS, slip

MATCHER = assets.matcher()
TOGETHER = {rule.id for rule in MATCHER.pack.rules if rule.together}
NOTES = 200
WORDS = misspelling.Misspellings(MATCHER.parts[0].program, [part.vocabulary for part in MATCHER.parts])
MEANT = [WORDS._word(rank) for rank in range(len(MATCHER.parts[0].program.spelt))]


def by_rule(note: str) -> list[Match]:
    return [m for m in MATCHER.find(note) if m.rule not in TOGETHER]


@pytest.mark.parametrize(
    ("note", "marked", "category"),
    [
        ("Client acloolique, rappelé ce jour.", "acloolique", "sante"),
        ("Cliente dépresive, dossier envoyé.", "dépresive", "sante"),
        ("Client alccoolique notoire.", "alccoolique", "sante"),
        ("Cliente dépressuve depuis 2019.", "dépressuve", "sante"),
        ("Client alcoo lique notoire.", "alcoo lique", "sante"),
        ("Client alcoo\nlique notoire.", "alcoo\nlique", "sante"),
        ("Client alcoo\r\nlique notoire.", "alcoo\r\nlique", "sante"),
        ("Client alc0o1ique notoire.", "alc0o1ique", "sante"),
        ("Cliente s3r0p0s1tive.", "s3r0p0s1tive", "sante"),
        ("Un clientalcoolique notoire.", "clientalcoolique", "sante"),
        ("CLIENT ALCOLOIQUE NOTOIRE", "ALCOLOIQUE", "sante"),
        ("RAS. Acloolique notoire.", "Acloolique", "sante"),
        ("Œuvre livrée à un cliente dépresive.", "dépresive", "sante"),
        ("cli&eacute;nt s&eacute;rop&oacute;sitfi", "s&eacute;rop&oacute;sitfi", "sante"),
    ],
)
def test_a_misspelt_word_is_found_where_it_stands(note: str, marked: str, category: str) -> None:
    found = by_rule(note)
    assert [(note[m.start : m.start + m.length], m.category) for m in found] == [(marked, category)]


@pytest.mark.parametrize(
    "note",
    [
        "Rendez-vous avec M. Acloolique à 9h.",
        "RDV avec mme acloolique à 9h.",
        "Courrier remis à Acloolique hier.",
        "Livré chez ACLOOLIQUE hier.",
        "Réf. alc0123.",
        "Colis porté par la porte de service.",
        "Il la dépasse de peu.",
    ],
)
def test_names_numbers_and_words_of_the_language_are_left_alone(note: str) -> None:
    assert MATCHER.find(note) == []
    assert WORDS.corrected(plain.plain(note)) is None


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("acloolique", "alcoolique", 0), ("alcolique", "alcoolique", 0), ("alccoolique", "alcoolique", 0), ("alcooliqye", "alcoolique", 1),
        ("alcopolique", "alcoolique", 2), ("lacoolique", "alcoolique", None), ("alcool", "alcoolique", None), ("calooolique", "alcoolique", None),
        ("alcoolqieu", "alcoolique", None), ("alcoolique", "alcooliques", 0), ("alcooliques", "alcoolique", 2), ("alcooliquee", "alcoolique", 0),
        ("alcoolique", "alcoolique", None),
    ],
)  # fmt: skip
def test_how_unlikely_a_slip_is(word: str, other: str, expected: int | None) -> None:
    if word == other:
        assert misspelling.slip(word, other) is None or expected is None
        return
    assert misspelling.slip(word, other) == expected


def test_the_likeliest_slip_then_the_most_usual_word_is_meant() -> None:
    assert WORDS.near("malaide") == "maladie"  # two letters swapped, before one too many: malade
    for word in ("demnade", "contart"):  # what may be an ordinary word is none of a rule's
        assert MATCHER.find(f"Le {word} est au dossier.") == []


def test_long_words_cost_nothing() -> None:
    """A word of more than thirty letters is no misspelling: to look at each of its letters would take a second."""
    word = "alcoolqiue" * 20_000
    assert WORDS.corrected(plain.plain(word)) is None
    assert WORDS._meant == {} or word not in WORDS._meant


def test_parts_of_three_words_make_one_word_of_two() -> None:
    found = WORDS.corrected(plain.plain("alcoo lique alcoo lique"))
    assert found is not None and found.body == "alcoolique alcoolique"
    assert found.original(0, 10) == (0, 11) and found.original(11, 10) == (12, 11)


# -- on labelled notes -----------------------------------------------------------------------------


@cache
def faulty() -> Sequence[tuple[Labelled, Match]]:
    """Notes of the tune part in which a rule finds what is at fault, with the first such match."""
    found = []
    for note, matches in answers("tune"):
        right = [
            m
            for m in matches
            if m.rule not in TOGETHER and m.category in note.cats and m.category != "identifiant"
        ]
        if right:
            found.append((note, right[0]))
    return spread(found, NOTES)


def slips(kind: str) -> list[tuple[Labelled, str]]:
    random = Random(31)
    made = [(note, slip(note.text, m.start, m.start + m.length, kind, random)) for note, m in faulty()]
    return [(note, text) for note, text in made if text]


@cache
def found_by_rule(kind: str) -> tuple[int, int]:
    """(notes with a slip in which a rule of a right category finds something, all of them)."""
    made = slips(kind)
    assert len(made) > NOTES / 3
    return sum(any(m.category in note.cats | note.alt for m in by_rule(text)) for note, text in made), len(
        made
    )


@pytest.mark.corpus
def test_with_one_letter_wrong_a_fault_is_found_by_a_rule_of_its_category() -> None:
    """Words of four letters have slips as well, which are mostly words themselves."""
    counts = [found_by_rule(kind) for kind in ONE_LETTER]
    assert sum(found for found, _ in counts) / sum(size for _, size in counts) >= 0.82, counts


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("kind", "least"),
    [*dict.fromkeys(ONE_LETTER, 0.73).items(), *dict.fromkeys(OTHERS, 0.76).items(), (JOINED, 0.68)],
)
def test_with_a_slip_in_it_a_fault_is_found_by_a_rule_of_its_category(kind: str, least: float) -> None:
    found, size = found_by_rule(kind)
    assert found / size >= least, f"{found} of {size}"


@pytest.mark.corpus
def test_slips_in_compliant_notes_are_no_findings() -> None:
    """What is found in compliant notes with a slip, and not in them without: at most one in two hundred more than by a slip that nobody corrects."""
    random = Random(31)
    compliant = [n.text for n in spread([n for n in notes("tune") if not n.cats], 500)]
    made = [(text, slip(text, 0, len(text), kind, random)) for text in compliant for kind in ONE_LETTER]
    pairs = [(text, slipped) for text, slipped in made if slipped]
    new = sum(bool(MATCHER.find(slipped)) and not MATCHER.find(text) for text, slipped in pairs)
    assert new / len(pairs) <= 0.015, (new, len(pairs))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("how", "least", "most"), [(how, *((0.65, 20) if how == "asked" else (0.9, 5))) for how in DAMAGE]
)
def test_what_an_encoding_damaged_is_read_as_it_was(how: str, least: float, most: int) -> None:
    """Of the notes whose fault has an accent nearly all are found by a rule; what was compliant stays so. A `?` may end a word and a sentence."""
    accented = [(note, m) for note, m in faulty() if not note.text[m.start : m.start + m.length].isascii()]
    found = [any(m.category in n.cats | n.alt for m in by_rule(DAMAGE[how](n.text))) for n, _ in accented]
    assert len(found) > NOTES / 4
    assert sum(found) / len(found) >= least, (sum(found), len(found))
    compliant = [n.text for n in spread([n for n in notes("tune") if not n.cats], 500)]
    new = sum(bool(MATCHER.find(DAMAGE[how](text))) and not MATCHER.find(text) for text in compliant)
    assert new <= most, new


# -- in PostgreSQL ---------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.first_server
def test_both_engines_read_slips_alike(installed: str) -> None:
    texts = [text for kind in (*ONE_LETTER, *OTHERS, JOINED) for _, text in slips(kind)]
    texts = [
        *spread(texts, 500),
        *(damage(note.text) for damage in DAMAGE.values() for note, _ in spread(faulty(), 30)),
    ]
    random = Random(5)
    texts += [
        " ".join(random.choice(MEANT) + random.choice(("", "s", "x", " ", "\n")) for _ in range(6))
        for _ in range(60)
    ]
    texts += ["alcoo lique " * 3_000, "Client acloolique. " * 2_000, "alcoolqiue" * 3_000, "AB CD " * 3_000]
    with psycopg.connect(installed, autocommit=True) as conn:
        assert differences(texts, together_in_postgres(conn, texts), list(map(in_python, texts))) == []


@pytest.mark.first_server
def test_both_engines_mean_the_same(installed: str) -> None:
    """Words that are near to what is meant, and what such a word is read as."""
    letters = st.text("aeilnorst01358œ", min_size=0, max_size=2)
    word = st.builds(
        lambda w, a, b, more: (w[: a % len(w)] + more + w[a % len(w) + b :])[:30],
        st.sampled_from(MEANT),
        st.integers(0, 30),
        st.integers(0, 2),
        letters,
    )
    with psycopg.connect(installed, autocommit=True) as conn:

        @given(st.lists(word, min_size=20, max_size=20))
        @settings(max_examples=25)
        def agree(words: list[str]) -> None:
            strange = [w for w in words if len(w) > 1]
            rows = conn.execute(
                "select coalesce(motjuste.meant(motjuste.spelt(w)), '') from unnest(%s::text[]) with ordinality as x (w, n) order by n",
                [strange],
            ).fetchall()
            assert [meant for (meant,) in rows] == [WORDS.meant(w) for w in strange]

        agree()
