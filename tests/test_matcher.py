"""Finding: what is found where, what is left alone, and that no text makes it fail."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import HEAD, finder, small_matcher
from motjuste import assets
from motjuste.engine import text as texts
from motjuste.engine.matcher import Reading, areas, mask_shape, prune
from motjuste.model import Match

FRENCH = finder(assets.pack())


def rule(body: str, name: str = "r") -> str:
    """One rule for a small pack; `body` says what it matches."""
    return f'[[rule]]\nid = "{name}"\nwhy = "W."\nexamples = [{{ bad = "[[x]]" }}]\n{body}\n'


def found(rules: str, text: str) -> list[tuple[str, str]]:
    """(rule, the stored words) of each match of a small pack in a text."""
    return [(m.rule, text[m.start : m.end]) for m in small_matcher(rules, rewritten=False).find(text)]


# -- spellings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("un CONNARD fini", "CONNARD"),
        ("un Cônnàrd fini", "Cônnàrd"),
        (unicodedata.normalize("NFD", "un cônnàrd fini"), unicodedata.normalize("NFD", "cônnàrd")),
        ("un con\u200bnard fini", "con\u200bnard"),
        ("un con\u00adnard fini", "con\u00adnard"),
        ("un connnnnard fini", "connnnnard"),
        ("un connaaaard fini", "connaaaard"),
        ("un conard fini", "conard"),
        ("un c*nnard fini", "c*nnard"),
        ("un conn**** fini", "conn****"),
        ("un c0nnard fini", "c0nnard"),
        ("un conn@rd fini", "conn@rd"),
        ("«connard»", "connard"),
        ("connard", "connard"),
        ("l'connard’s", "connard"),
        ("😀connard😀", "connard"),
        ("\u202econnard\u202c", "connard\u202c"),
        ("مرحبا connard שלום", "connard"),
        ("\ud800connard\udfff", "connard"),
        ("𝕏 connard", "connard"),
    ],
)
def test_no_disguise_hides_a_word_and_offsets_are_exact(written: str, seen: str) -> None:
    rules = rule('match = ["connard"]\nmaskable = ["connard"]')
    assert found(rules, written) == [("r", seen)]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("aveugle", "aveugl"), ("tuberculose", "TUBERKULOSE"), ("autiste", "otiste"), ("homosexuel", "omosexuel"),
        ("menteuse", "menteuz"), ("piquet", "piket"), ("sursis", "sursi"), ("mauvaise", "movaise"),
        ("kabyle", "kabil"), ("nymphomane", "nimfoman"), ("hernie", "herni"), ("antillaise", "antillèse"),
    ],
)  # fmt: skip
def test_what_is_written_as_it_sounds_is_found(word: str, written: str) -> None:
    assert found(rule(f'match = ["{word}"]'), f"dit que {written} bien") == [("r", written)]


def test_a_word_of_its_own_is_no_misspelling_of_another() -> None:
    rules = rule('match = ["fausses", "{finir}"]')
    forms = '[forms]\nfinir = "finir finissent"\n[real]\nwords = "fosses"\n'
    matcher = small_matcher(rules, rewritten=False, forms=forms)
    note = "des fosses, des fausses, des fossés, ils finisent"
    assert [note[m.start : m.end] for m in matcher.find(note)] == ["fausses", "finisent"]


@pytest.mark.parametrize(
    "text", ["un canard", "connardise", "c'est on", "c*t", "****", "co****************x9", "0000"]
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(rule('match = ["connard"]\nmaskable = ["connard"]'), text) == []


def test_letters_apart_are_read_together() -> None:
    assert found(rule('match = ["sdf"]'), "un S.D.F. devant") == [("r", "S.D.F")]


def test_a_mask_says_how_many_letters_or_with_stars_any_number() -> None:
    assert mask_shape("c*n") == "c[a-z]n"
    assert mask_shape("co****") == "co[a-z][a-z][a-z][a-z]|co[a-z]+"
    assert mask_shape("c****") == "c[a-z][a-z][a-z][a-z]"


# -- context ------------------------------------------------------------------------------------------

SIGN = rule(
    'match = ["cancer"]\nunless.before = ["signe"]\nunless.after = ["ascendant"]\nunless.near = ["horoscope"]'
    '\nunless.phrase = ["ligue contre le cancer"]'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a un cancer du sein", ["cancer"]),
        ("signe cancer", []),
        ("signe : cancer", []),
        ("signe du dossier, cancer", ["cancer"]),
        ("cancer ascendant lion", []),
        ("cancer, lion ascendant", ["cancer"]),
        ("a lu l'horoscope, dit cancer", []),
        ("horoscope" + " mot" * 20 + " cancer", ["cancer"]),
        ("don à la ligue contre le cancer", []),
        ("don à la ligue contre le cancer, a un cancer", ["cancer"]),
    ],
)
def test_context_excepts(text: str, expected: list[str]) -> None:
    assert [words for _, words in found(SIGN, text)] == expected


def test_a_category_excepts_for_all_its_rules() -> None:
    rule = '[[rule]]\nid = "r{0}"\nwhy = "W."\nmatch = ["{0}"]\nunless.before = ["pas"]\nexamples = [{{ bad = "[[{0}]]" }}]\n'
    head = HEAD + 'unless.before = ["(moteur|porte)"]\n'
    matcher = small_matcher(rule.format("fou") + rule.format("mou"), head=head)
    said = ["fou", "moteur fou", "porte mou", "pas mou", "client mou"]
    assert [bool(matcher.find(text)) for text in said] == [True, False, False, False, True]


def test_context_can_be_required() -> None:
    needs = rule('match = ["sourd"]\nneeds.near = ["client(e)"]')
    assert found(needs, "la cliente est sourd") == [("r", "sourd")]
    assert found(needs, "bruit sourd dans le moteur") == []


def test_a_denial_still_tells() -> None:
    assert found(rule('match = ["malade"]'), "dit ne pas être malade") == [("r", "malade")]


def test_a_number_is_found_when_its_key_is_right() -> None:
    card = rule("pattern = '[0-9]{4}(?: ?[0-9]{4}){3}'\nkey = \"luhn\"")
    assert found(card, "CB 4970 1012 3456 7893.") == [("r", "4970 1012 3456 7893")]
    assert found(card, "CB 4970 1012 3456 7894.") == []


# -- several matches ----------------------------------------------------------------------------------


def test_each_occurrence_is_found_in_order() -> None:
    assert found(rule('match = ["con"]'), "con, con. Con !") == [("r", "con"), ("r", "con"), ("r", "Con")]


def test_the_longest_match_wins_and_swallows_those_inside_it() -> None:
    rules = rule('match = ["(con|con fini|con fini lui)"]', "a") + rule('match = ["fini"]', "b")
    assert found(rules, "un con fini lui") == [("a", "con fini lui")]


def test_pruning_keeps_what_overlaps_and_what_is_of_another_category() -> None:
    outer = Match(0, 10, "a", "sante", "block")
    inner, crossing = Match(2, 3, "b", "sante", "block"), Match(5, 10, "c", "sante", "watch")
    other = Match(2, 3, "d", "injure", "block")
    assert prune({outer, inner, crossing, other}, set()) == [outer, other, crossing]
    assert prune({outer, inner, crossing, other}, {inner.rule}) == [outer, inner, other, crossing]
    assert prune({outer, inner, crossing, other}, {inner.rule, outer.rule}) == [outer, other, crossing]


def test_explain_tells_what_became_of_each_candidate() -> None:
    steps = small_matcher(SIGN).explain("signe cancer, mais un cancer, horoscope")
    assert [(s.start, s.outcome) for s in steps] == [
        (6, "excepted by before"),
        (22, "excepted by near"),
    ]
    card = small_matcher(rule("pattern = '[0-9]{16}'\nkey = \"luhn\""))
    assert [s.outcome for s in card.explain("4970101234567894")] == ["the luhn key is wrong"]


# -- any text -----------------------------------------------------------------------------------------

_EXAMPLES = [e.text for r in FRENCH.pack.rules for e in r.bad]
_MARKED = [e.text[e.start : e.start + e.length] for r in FRENCH.pack.rules for e in r.bad]
_WORDS = sorted({word[0] for part in _MARKED for word in texts.words(texts.fold(part))})
_PART = st.one_of(
    st.sampled_from(_WORDS),
    st.sampled_from(_WORDS).map(lambda w: unicodedata.normalize("NFD", w.replace("e", "é")).upper()),
    st.sampled_from(_WORDS).map(lambda w: w[:1] + "*" + w[2:]),
    st.sampled_from(_WORDS).map(".".join),
    st.sampled_from(_EXAMPLES),
    st.text(max_size=8),
    st.text(alphabet="aeno0134*@.- \u0301\u200b’œ", max_size=8),
)
NOTE = st.lists(
    st.tuples(_PART, st.sampled_from([" ", ", ", ". ", "'", "-", "\n", "\u00a0", ""])), max_size=10
).map(lambda parts: "".join(a + b for a, b in parts))


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("quel connard", ["block"]),
        ("client : « quel connard », appel clos", ["watch"]),
        ('client : "quel connard", appel clos', ["watch"]),
        ("« oui » dit ce connard", ["block"]),
        ('écran 15" et ce connard', ["block"]),
        ("Le client se dit « alcoolique » depuis des années", ["watch"]),
    ],
)
def test_an_insult_that_is_quoted_is_at_most_watched(text: str, levels: list[str]) -> None:
    assert [m.level for m in FRENCH.find(text)] == levels


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Vu avec le garagiste Salaud, devis signé", []),
        ("Vu Mme Radin ce jour", []),
        ("M. Gay et Mme Lamour, chambre 12", []),
        ("Livré à L'Andouille, rue Haute", []),
        ("Vu M. Ledoux-Radin, devis signé", []),
        ("ce salaud de garagiste", ["ce salaud de", "salaud"]),
        ("CE SALAUD DE GARAGISTE", ["CE SALAUD DE", "SALAUD"]),
        ("Salaud, il ne paie pas", ["Salaud"]),
        ("client radin", ["radin"]),
        ("a pris du Lexomil", ["Lexomil"]),
    ],
)
def test_a_capital_inside_a_sentence_makes_a_name(text: str, found: list[str]) -> None:
    assert [text[m.start : m.end] for m in FRENCH.find(text)] == found


@given(NOTE)
def test_any_text_is_answered_with_offsets_inside_it(text: str) -> None:
    matches = FRENCH.find(text)
    assert matches == sorted(matches, key=lambda m: (m.start, -m.length, m.rule))
    for m in matches:
        assert m.length > 0
        assert 0 <= m.start < m.end <= len(text)
        assert FRENCH.rules[m.rule].category == m.category
    assert FRENCH.find(text) == matches


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "con " * 20_000,
        "con" * 100_000,
        "co" + "n" * 100_000,
        "c." * 30_000,
        "c*" * 30_000,
        "\u0301" * 100_000,
        "1 " * 100_000,
        "4970101234567893" * 10_000,
        "client dépressif en " * 4_000,
        "((((((((((" * 10_000,
        "\ud800" * 100_000,
        "🤬" * 100_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_long_and_odd_texts_are_answered(text: str) -> None:
    for m in FRENCH.find(text):
        assert 0 <= m.start < m.end <= len(text)


def test_a_note_of_two_megabytes_is_answered() -> None:
    neutral = "Client rappelé ce jour, envoi du dossier par la poste. "
    text = neutral * (2_000_000 // len(neutral)) + "Client alcoolique."
    assert len(text) >= 1_999_900
    assert [text[m.start : m.end] for m in FRENCH.find(text)] == ["alcoolique"]


def test_the_remarks_that_decisions_quote_are_found() -> None:
    """From FACTS.md: Crédit Mutuel 2004, Acadomia 2010, Paris Habitat 2012, Europe 1 2017."""
    quoted = {
        "alcoolique": "sante",
        "sous chimiothérapie": "sante",
        "séropositif": "sante",
        "client en prison, information judiciaire pour trafic de stup": "infraction",
        "élève retourné en prison": "infraction",
        "violence conjugale": "vie_privee",
        "FACHO !!!": "politique",
        "il est homo": "vie_sexuelle",
        "ne répond jamais ce fdp": "injure",
        "gros con": "injure",
        "culture musulmane": "religion",
        "accent juif tunisien": "origine",
    }
    missed = {
        text: code for text, code in quoted.items() if code not in {m.category for m in FRENCH.find(text)}
    }
    assert missed == {}


# -- long notes ---------------------------------------------------------------------------------------


def test_expressions_are_looked_for_near_what_calls_for_them() -> None:
    """Characters that are tried, of each expression, a character of the note: as many in a long note as in a short one."""
    shipped = assets.matcher()
    notes = [text for rule in assets.pack().rules for text in rule.allowed]
    random.Random(1).shuffle(notes)

    def tried(size: int) -> float:
        text = texts.fold(" ".join(notes)[:size])
        assert len(text) == size
        spans = areas(Reading(text, shipped.parts[0])).values()
        return sum(end - start for one in spans for start, end in one) / size

    assert tried(100_000) < 8 and tried(100_000) < 1.5 * tried(10_000)
