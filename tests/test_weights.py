"""Weighted evidence: what words say together, and what they are learnt from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import FRENCH, HEAD, finder, matcher_of
from motjuste.engine import score
from motjuste.engine import text as texts
from motjuste.engine.matcher import Matcher
from motjuste.model import Pack, Weights
from motjuste.rewriting.rewrite import Rewriter
from motjuste.rulepack import rules

WEIGHTS = """
threshold = 10
leading = 12
sure = -22
bias = -20
[limits]
"sante-malade" = -30
"sante-large" = -30
[signs]
"short" = 4
"of a person" = 3
"named in quotes" = -16
"before (" = -16
[close]
"vire" = 6
"vire*" = 5
[far]
"chie" = -4
"medi" = 4
[fault]
"ah" = 12
"sacré" = 1
"sacr*" = 9
"coco" = 9
"fact*" = -12
"facture" = -3
"malade" = -50
"#" = -5
"chou fleu" = 30
"pas chou" = -40
[bases]
sante = -3
injure = 0
[categories.sante]
"fatigue" = 9
[categories.injure]
"coco" = 5
"""
TOGETHER = """
[[rule]]
id = "{code}-ensemble"
level = "watch"
together = true
why = "Ces mots, ensemble, en disent trop."
unless.near = ["perroquet"]
"""


MALADE = (
    '[[rule]]\nid = "sante-malade"\nwhy = "Santé."\nmatch = ["malade"]\nexamples = [{ bad = "[[malade]]" }]\n'
)


def loaded(sante: str) -> Pack:
    """Two categories, the rules of one, and weights."""
    files = {
        f"{c}.toml": HEAD.replace("{code}", c) + TOGETHER.replace("{code}", c) for c in ("sante", "injure")
    }
    files["sante.toml"] += sante
    files |= FRENCH
    files["pack.toml"] = 'persons = ["(client|cliente)", "fils de pub", "mme"]\n'
    return matcher_of({**files, "weights.toml": WEIGHTS.replace('"sacré" = 1\n', "")}).pack


@pytest.fixture(scope="module")
def small() -> Pack:
    """Two categories, one rule, and weights."""
    return loaded(MALADE)


def found(pack: Pack, text: str) -> list[tuple[str, str, str]]:
    matcher = finder(pack)
    if pack.weights:
        matcher.scale = score.Scale(pack.weights)  # which a test may have changed
    return [(m.rule, text[m.start : m.end], m.level) for m in matcher.reference(text)[0]]


def test_words_what_they_begin_with_and_pairs_weigh_once_numbers_and_ligatures_alike() -> None:
    words = score.plain(["ah", "ah", "12", "cœur", "coeurs", "mots"])
    assert words == ["ah", "ah", "#", "coeur", "coeurs", "mots"]
    assert score.features(words) == {*words, "coeu*", "ah ah", "ah #", "# coeu", "coeu coeu", "coeu mots"}
    assert score.features([]) == set()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ah ! Sacré coco.\nRappeler, lundi", ["ah", "sacre coco", "rappeler, lundi"]),
        ("  ...  ", []),
        ("M. Dupont; 12.50 euros", ["m", "dupont", "12", "50 euros"]),
        (" ".join(["mot"] * 70), [" ".join(["mot"] * n) for n in (30, 30, 10)]),
    ],
)
def test_sentences_end_at_points_and_lines_and_are_cut_when_long(text: str, parts: list[str]) -> None:
    body = score.body(text).body
    assert [body[a:b] for a, b, _ in score.sentences(body)] == parts


def test_a_sentence_that_reaches_the_threshold_is_found_whole(small: Pack) -> None:
    assert found(small, "Rappeler. Ah, sacré coco ! Facture.") == [
        ("injure-ensemble", "Ah, sacré coco", "watch")
    ]
    assert found(small, "Ah, SACRÉ coco fatigué") == [("sante-ensemble", "Ah, SACRÉ coco fatigué", "watch")]
    assert found(small, "Ah, sacré coco, facture") == []
    assert found(small, "Ah\nsacré coco") == []
    assert found(small, "Ah, sacré coco 12") == []


def test_two_words_in_a_row_weigh_by_what_they_begin_with(small: Pack) -> None:
    """Once, in their order, in one sentence, with nothing between them; a match's own never speak against it."""
    assert found(small, "Ah, un chou-fleuri") == [("injure-ensemble", "Ah, un chou-fleuri", "watch")]
    for text in ("Ah, fleur de chou", "Ah, chou. Fleur", "Ah, chou en fleur", "Ah, pas chou, chou-fleur"):
        assert found(small, text) == []
    steps = finder(small).explain("Ah, un chou-fleuri")
    assert [s.told for s in steps] == ["chou fleuri + ah"]
    scale = finder(small).scale
    assert scale is not None
    [sentence] = scale.read("ah le malade pas chou")
    assert sentence.weight == -20 + 12 - 50 - 40
    assert scale.beside(sentence.words, ["malade"], []) == 50
    assert scale.beside(sentence.words, ["malade"], ["short"]) == 50 + 4
    assert scale.beside(sentence.words, ["le", "malade", "pas", "chou"], []) == 50 + 40


def test_offsets_are_those_of_the_stored_text(small: Pack) -> None:
    text = "e\u0301te\u0301. A\u200bh, sacre\u0301 coco\u200b ! RAS"
    [m] = finder(small).find(text)
    assert text[m.start : m.end].strip("\u200b") == "A\u200bh, sacre\u0301 coco"


def test_a_rule_or_an_exception_in_the_sentence_goes_first(small: Pack) -> None:
    assert found(small, "Ah, sacré coco malade") == [("sante-malade", "malade", "block")]
    assert found(small, "Ah, sacré coco le perroquet") == []
    assert found(small, "Malade. Ah, sacré coco") == [
        ("sante-malade", "Malade", "block"),
        ("injure-ensemble", "Ah, sacré coco", "watch"),
    ]


def test_the_rewriting_drops_the_sentence(small: Pack) -> None:
    matcher = finder(small)
    text = "Rappeler lundi. Ah, sacré coco ! Devis remis."
    assert Rewriter(matcher).rewrite(text, matcher.find(text)) == "Rappeler lundi. Devis remis."


def test_what_a_sentence_speaks_against_is_no_finding(small: Pack) -> None:
    assert found(small, "Malade 12") == [("sante-malade", "Malade", "block")]
    assert found(small, "Malade. Facturation facture") == [("sante-malade", "Malade", "block")]
    for level in ("block", "watch"):
        pack = replace(small, rules=tuple(replace(r, level=level) for r in small.rules))
        assert found(pack, "Malade, facture") == []  # -20 + 4 - 12 - 3, without its own -50
        [step] = finder(pack).explain("Malade, facture")
        assert step.outcome == "outweighed by the words around it (-31, less than -30)"


def test_each_rule_has_its_limit(small: Pack) -> None:
    assert small.weights
    for limit, left in ((-31, ["Malade"]), (-30, []), (None, ["Malade"])):
        limits = {} if limit is None else {"sante-malade": limit}
        pack = replace(small, weights=replace(small.weights, limits=limits))
        assert [m[1] for m in found(pack, "Malade, facture")] == left


def test_in_a_longer_sentence_less_has_to_be_said_against_a_match(small: Pack) -> None:
    short = "Malade 12, facturation un deux"
    assert found(small, short) == []  # -20 + 4 - 12 - 5
    assert found(small, short.replace("12", "")) == [("sante-malade", "Malade", "block")]  # -28
    assert found(small, short.replace("12", "") + " trois quatre cinq") == []  # -32


def test_words_beside_a_match_say_more_of_it_than_of_their_sentence(small: Pack) -> None:
    assert found(small, "Malade 12, facturation") == []  # -33
    assert found(small, "Malade 12, vire, facturation") == [("sante-malade", "Malade", "block")]  # -27
    assert found(small, "Malade 12, virement, facturation") == [("sante-malade", "Malade", "block")]
    assert small.weights
    own = replace(small.weights, close={"malade": 50, "mala*": 50})
    assert found(replace(small, weights=own), "Malade 12, facturation") == []  # not its own words


def test_the_sentences_around_tell_of_whom_one_speaks(small: Pack) -> None:
    """Five before and after: what begins as it is said, each once a sentence."""
    malade = [("sante-malade", "Malade", "block")]
    assert found(small, "Malade 12, facturation un. Médicament") == malade  # -33 + 4
    assert found(small, "Chien. Malade 12.\nDes chiens et des chiennes") == malade  # -21 - 4 - 4
    watched = loaded(MALADE.replace("why", 'level = "watch"\nwhy', 1))
    far = "Chien. " * 3 + "Malade 12."
    assert found(watched, far) == []  # -21 - 3 * 4
    assert found(small, far) == malade  # nothing that stands around speaks against a rule of level block
    assert found(small, "Chien. " * 5 + "Malade") == malade  # -16 - 12 at most
    assert found(small, "Chien. " * 3 + "Rien. " * 5 + "Malade 12.") == malade
    assert found(small, "Malade 12. " + "Rien. " * 5 + "Chien. " * 3) == malade
    heavy = "Ah, sacré coco"
    assert found(small, f"{heavy}. Médicament. {heavy}, facture") == [("injure-ensemble", heavy, "watch")]
    assert found(small, f"{heavy}. Chien. Chien. Chien") == []
    steps = finder(small).explain(f"{heavy}. Chien. Chien. Chien")
    assert [s.outcome for s in steps] == ["outweighed by the sentences around it"]


def test_what_a_sentence_does_not_speak_for_has_the_level_that_its_category_says(small: Pack) -> None:
    sante = small.categories["sante"]
    unsure = replace(small, categories={**small.categories, "sante": replace(sante, unsure="watch")})
    long = "Malade 12 voir un deux trois quatre"
    assert found(small, long) == [("sante-malade", "Malade", "block")]
    assert found(unsure, long) == [("sante-malade", "Malade", "watch")]  # -20 - 5
    for enough in ("Malade 12", long.replace("12", "onze"), long.removesuffix(" quatre")):
        assert found(unsure, enough) == [("sante-malade", "Malade", "block")]


@pytest.mark.parametrize(("limit", "left"), [(-30, []), (-40, ["sante-malade"])])
def test_a_match_inside_one_that_is_outweighed_stays_where_its_own_limit_says_so(
    limit: int, left: list[str]
) -> None:
    wide = MALADE.replace("malade", "malade imaginaire").replace("sante-malade imaginaire", "sante-large")
    pack = loaded(MALADE + wide)
    assert pack.weights
    limits = {**pack.weights.limits, "sante-malade": limit}
    pack = replace(pack, weights=replace(pack.weights, limits=limits))
    assert found(pack, "Malade imaginaire") == [("sante-large", "Malade imaginaire", "block")]
    assert [rule for rule, *_ in found(pack, "Malade imaginaire, facture")] == left


@pytest.fixture(scope="module")
def spared(small: Pack) -> Pack:
    """The same, where what stands right beside a match may say that it means something else."""
    assert small.weights
    sense = {"pompe _": -30, "pomp* _": -5, "_ imag*": -20, "capital": 4, "before (": -9, "tres": -3}
    return replace(small, weights=replace(small.weights, sense=sense, spared={"sante-malade": -19}))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Facture, il est malade", True),
        ("Facture, une pompe malade", False),
        ("Facture, tres malade", True),
        ("\n12 facture facturation malade imaginaire", False),
        ("Facture, Malade imaginaire", True),  # its capital
        ("Facture, Malade imaginaire (suite)", True),
        ("pompe\nmalade, 12 facture facturation", True),  # in another line
        ("Facture, tres pompe malade imaginaire", False),
    ],
)
def test_the_style_of_a_sentence_lowers_a_match_of_level_block_and_what_stands_beside_it_drops_it(
    small: Pack, spared: Pack, text: str, kept: bool
) -> None:
    text = "Facture 12 facturation, " + text
    assert found(small, text) == []
    assert [m[2] for m in found(spared, text)] == (["watch"] if kept else [])


def test_where_nothing_speaks_against_it_a_match_keeps_its_level(spared: Pack) -> None:
    assert found(spared, "Une pompe malade") == [("sante-malade", "malade", "block")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Ah, sacré coco sacré malade", "injure-ensemble"),
        ("Malade, facture 12 suivie", ""),
    ],
)
def test_what_a_match_that_means_something_else_says_is_not_said_by_its_sentence(
    text: str, rule: str
) -> None:
    """It silences nothing: the other words may say too much together; and it says nothing itself."""
    wanted = loaded(MALADE)
    assert wanted.weights
    limits = {**wanted.weights.limits, "sante-malade": 500}
    fault = {**wanted.weights.fault, "malade": 60}
    changed = replace(wanted, weights=replace(wanted.weights, limits=limits, fault=fault))
    assert [m[0] for m in found(changed, text)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("text", "said_of_a_person"),
    [
        ("Client malade facture", True),
        ("MME Dupré malade, facture", True),
        ("Mme de la Tour Dupré malade, facture", False),
        ("Facture du client. Malade facture", False),
        ("Client, malade facture", False),
        ("Le pub malade facture", False),
    ],
)
def test_more_has_to_be_said_against_what_is_said_of_a_person(
    small: Pack, text: str, said_of_a_person: bool
) -> None:
    assert small.persons >= {"client", "cliente", "clt", "clte", "clien", "mme"}
    assert [m[1].lower() for m in found(small, text)] == (["malade"] if said_of_a_person else [])
    assert found(small, text + " facturation 12") == []


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Reçu M. Malade, caisse 2", {"after a title", "before ,"}),
        ("Famille Malade", {"after a title", "at the end"}),
        ("M. malade", {"at the end"}),
        ("Pub « Le Malade » fermé", {"named in quotes"}),
        ('Le pub "Malade imaginaire" ferme', {"named in quotes"}),
        ('Le pub "au vieux malade" ferme', {"in quotes"}),
        ("« je suis malade »", {"of a person"}),
        ("« très malade du coeur depuis avril »", set()),
        ('Le "pub" malade "ferme"', {'before "'}),
        ("Le garage Martin malade : rappeler", {"beside a name", "before :"}),
        ("Martin malade\nà rappeler", {"at the end"}),
        ("Il est malade Martin (2)", {"beside a name"}),
        ("Malade\u00a0!", {"before !"}),
    ],
)
def test_how_a_match_is_written_are_signs(text: str, signs: set[str]) -> None:
    start = text.lower().index("malade")
    assert set(texts.signs(text, start, 6, {"je"})) == signs


def test_signs_speak_against_a_match(small: Pack) -> None:
    assert found(small, "Malade, suite 12") == [("sante-malade", "Malade", "block")]
    assert found(small, "Malade (suite 12)") == found(small, "« Malade, suite 12 »") == []


def test_a_rule_of_the_users_own_is_not_outweighed(small: Pack) -> None:
    files = {
        f"{c}.toml": HEAD.replace("{code}", c) + TOGETHER.replace("{code}", c) for c in ("sante", "injure")
    }
    own = MALADE.replace("why", 'category = "sante"\nwhy').replace("sante-malade", "maison-malade")
    files["weights.toml"] = WEIGHTS.replace('"sacré" = 1\n', "")
    theirs = matcher_of(files, {"own.toml": own}).pack
    assert found(theirs, "Malade, facture") == [("maison-malade", "Malade", "block")]


def test_where_the_category_is_switched_off_nothing_else_is_said(small: Pack) -> None:
    off = replace(small, rules=tuple(r for r in small.rules if r.id != "injure-ensemble"))
    assert found(off, "Ah, sacré coco") == []


def test_a_pack_without_weights_weighs_nothing() -> None:
    pack = rules.load({"sante.toml": HEAD.replace("{code}", "sante") + TOGETHER.replace("{code}", "sante")})
    assert pack.weights is None
    assert found(pack, "Ah, sacré coco") == []


def test_the_shipped_weights_are_small_integers_for_known_categories(pack: Pack) -> None:
    w = pack.weights
    assert isinstance(w, Weights)
    assert 2000 < len(w.fault) < 46_000
    assert w.bias < w.threshold < w.leading
    assert w.sure < 0
    assert 0 < w.signs["of a person"] < w.signs["short"] < 40
    assert all(w.signs[s] < -10 for s in ("named in quotes", "after a title", "beside a name"))
    assert all(0 < abs(n) < 100 for n in w.fault.values())
    assert set(w.bases) == set(w.categories) <= set(pack.categories)


def test_what_a_rule_is_sure_of_is_outweighed_by_much_only(pack: Pack) -> None:
    w = pack.weights
    assert isinstance(w, Weights)
    weighed = {r.id for r in pack.rules if not r.together and r.category != "identifiant"}
    assert w.limits.keys() <= weighed, "rules that are gone: run make weights"
    assert len(w.limits) > 0.95 * len(weighed)
    told = {
        firm: [w.limits[r.id] for r in pack.rules if r.id in w.limits and r.firm == firm]
        for firm in (True, False)
    }
    assert sum(told[True]) / len(told[True]) < sum(told[False]) / len(told[False]) < 0


@pytest.mark.parametrize(
    "text",
    [
        'Le client dit : "je suis diabétique", rappel mardi',
        "Note : « je suis alcoolique »",
        "dixit « je sors de prison », devis remis",
    ],
)
def test_what_somebody_says_of_himself_still_tells(pack: Pack, text: str) -> None:
    """In quotation marks it is watched; short sentences and the words of the file do not outweigh it."""
    assert {m.level for m in finder(pack).find(text)} == {"watch"}


@pytest.mark.early
def test_learning_again_from_the_same_notes_gives_the_same_bytes(tmp_path: Path, few_shipped: Path) -> None:
    notes = [
        {"text": f"{who} est un sacré coco, {n}", "cats": [cat], "spans": ["sacré coco"], "rewrite": "Rappeler."}
        for who, cat in (("Il", "injure"), ("Elle", "sante"), ("Le voisin", "injure")) for n in ("lundi", "mardi", "jeudi")
    ] + [{"text": f"Facture {n} remise {day}", "cats": []} for n in range(9) for day in ("lundi", "mardi", "jeudi")]  # fmt: skip
    (tmp_path / "notes.jsonl").write_text("\n".join(map(json.dumps, notes)), encoding="utf-8")
    written = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "motjuste.learning.weights", str(tmp_path), str(tmp_path / "notes.jsonl")],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(few_shipped)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / "built" / "weights.toml").read_text(encoding="utf-8"))
    assert written[0] == written[1]
    read = tomllib.loads(written[0])
    assert set(read) == {
        "threshold", "leading", "sure", "bias", "limits", "spared", "signs", "close", "far", "sense", "fault", "bases", "categories",
    }  # fmt: skip
    assert list(read["categories"]) == ["injure", "sante"]


@pytest.mark.parametrize(
    ("line", "what"), [("{", "x.jsonl:1: not a labelled note"), ('{"text": "RAS", "cats": []}', "all alike")]
)
def test_notes_that_cannot_be_learnt_from_are_said_so(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "x.jsonl").write_text(line, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "motjuste.learning.weights", str(tmp_path), "x.jsonl"],
        capture_output=True, text=True, cwd=tmp_path, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 2
    assert what in done.stderr
    assert not (tmp_path / "built").exists()


HARMLESS = ("Client.", "Dossier rappelé ce jour.", "Rappeler lundi pour la facture.", "Colis livré, rien à signaler.", "Merci.", "OK !", "Vu avec le service.\n", "À suivre ?")  # fmt: skip
AT_FAULT = (
    "Client alcoolique.",
    "La cliente est séropositive.",
    "Le client est schizophrène.",
    "Client toxicomane.",
)


@given(
    st.sampled_from(AT_FAULT),
    st.lists(st.sampled_from((*HARMLESS, *AT_FAULT)), max_size=12),
    st.lists(st.sampled_from((*HARMLESS, *AT_FAULT)), max_size=12),
)
def test_no_sentence_that_is_added_lowers_or_removes_a_finding(
    shipped: Matcher, fault: str, before: list[str], after: list[str]
) -> None:
    alone = shipped.find(fault)
    assert {m.level for m in alone} == {"block"}
    start = len(" ".join([*before, ""]))
    there = {
        (m.rule, m.level, m.start - start, m.length) for m in shipped.find(" ".join([*before, fault, *after]))
    }
    assert there >= {(m.rule, m.level, m.start, m.length) for m in alone}


@pytest.mark.parametrize(
    "text",
    [
        'La cliente est "séropositive"',
        "La cliente est « séropositive ».",
        "Cliente “séropositive” selon le bureau.",
    ],
)
def test_what_is_quoted_of_a_person_is_recorded(shipped: Matcher, text: str) -> None:
    assert [(m.category, m.level) for m in shipped.find(text)] == [("sante", "watch")]


@pytest.fixture(scope="module")
def shipped(pack: Pack) -> Matcher:
    """The matcher of the shipped rules."""
    return finder(pack)
