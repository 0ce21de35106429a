"""One answer from two engines: motjuste.check in PostgreSQL and Matcher.find in Python, on any text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conftest import LOCALES, Cluster, finder
from motjuste.assets import pack as load_pack
from motjuste.assets import shipped_program
from motjuste.engine import text as texts
from motjuste.engine.matcher import mask_shape
from motjuste.model import Match
from motjuste.notes.digest import note_digest
from test_corpus import answers, spread
from test_corpus import notes as labelled

pytestmark = pytest.mark.each_server

MATCHER = finder(load_pack())

Answer = list[tuple[str, str, int, int]]


def in_postgres(conn: psycopg.Connection, notes: list[str]) -> list[Answer]:
    """What motjuste.check says of each note."""
    found: list[Answer] = [[] for _ in notes]
    rows = conn.execute(
        "select n.i, c.rule_id, c.level, c.start, c.length from unnest(%s::text[]) with ordinality as n (note, i)"
        " cross join lateral motjuste.check(n.note) as c",
        [notes],
    )
    for i, *match in rows:
        found[i - 1].append(tuple(match))
    return found


def together_in_postgres(conn: psycopg.Connection, notes: list[str]) -> list[Answer]:
    """The same of many notes at once, as bulk loads are checked: in half the time."""
    found: list[Answer] = [[] for _ in notes]
    for first in range(0, len(notes), 100):
        rows = conn.execute(
            "select i, rule_id, level, start, length from motjuste.found(%s::text[]) order by i, start",
            [notes[first : first + 100]],
        )
        for i, *match in rows:
            found[first + i - 1].append(tuple(match))
    return found


@cache
def in_python(note: str) -> Answer:
    """What Matcher.find says of a note: once for all servers and locales."""
    return answer(MATCHER.find(note))


def answer(matches: list[Match]) -> Answer:
    """What both engines say of a match."""
    return [(m.rule, m.level, m.start, m.length) for m in matches]


def differences(
    notes: list[str], postgres: list[Answer], python: list[Answer]
) -> list[tuple[str, Answer, Answer]]:
    """The notes on which the engines differ, with both answers."""
    return [both for both in zip(notes, postgres, python, strict=True) if both[1] != both[2]]


# -- texts that look for trouble --------------------------------------------------------------------

_PROGRAM = shipped_program()
_KNOWN = [w for n, w in enumerate(_PROGRAM.vocabulary) if _PROGRAM.word_class[n] and w.isalnum()]
_BAD = [e.text for r in MATCHER.pack.rules for e in r.bad]
_SEPARATORS = [
    " ",
    "  ",
    ", ",
    ". ",
    "-",
    "'",
    "’",
    "\u00a0",
    "\n",
    "\r\n",
    "\t",
    " « ",
    " » ",
    "/",
    "…",
    "\u200b",
    "*",
    ".",
    "",
]
_NOISE = st.text(
    alphabet=st.one_of(
        st.sampled_from("aeéèêàçœæÉÀŒïù0134@$#*.-’ \u0301\u200d\u00ad\u00e9İıß€°"),
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00"),
    ),
    max_size=12,
)


def _disguise(word: str, how: int) -> str:
    """A word as hurried or wilful people write it."""
    middle = len(word) // 2
    return {
        0: f"M. {word.capitalize()}",
        1: word.upper(),
        2: word.capitalize(),
        3: word.replace("e", "é").replace("a", "à"),
        4: word[:middle] + word[middle : middle + 1] * 3 + word[middle + 1 :],
        5: word[:1] + "*" + word[2:],
        6: word[:2] + "****",
        7: ".".join(word[:4]),
        8: word.replace("e", "e\u0301"),
        9: word[:middle] + "\u200b" + word[middle:],
        10: word.replace("oe", "œ").replace("o", "0"),
        11: word + "s",
        12: word,
        13: f"vu {word.capitalize()}",
    }[how]


_WORD = st.builds(_disguise, st.sampled_from(_KNOWN), st.integers(0, 13))
_EXCERPT = st.builds(
    lambda text, a, b: text[min(a, b) % (len(text) + 1) : max(a, b) % (len(text) + 1) or None],
    st.sampled_from(_BAD), st.integers(0, 200), st.integers(0, 200),
)  # fmt: skip
_NUMBER = st.from_regex(
    r"[12] ?\d\d ?[01]\d ?\d\d ?\d{3} ?\d{3} ?\d\d|[3-6]\d{3}([ .-]?\d{4}){3}|FR\d\d( ?\d{4}){5} ?\d{3}",
    fullmatch=True,
)
NOTE = st.lists(
    st.tuples(st.one_of(_WORD, _EXCERPT, _NOISE, _NUMBER), st.sampled_from(_SEPARATORS)), max_size=14
).map(lambda parts: "".join(word + sep for word, sep in parts).replace("\x00", ""))


@pytest.fixture
def each_locale(cluster: Cluster) -> Iterator[list[psycopg.Connection]]:
    """Connections to an installed database of each locale."""
    names = [cluster.create(locale, cluster.template(locale)) for locale in LOCALES]
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(cluster.server.dsn(n), autocommit=True)) for n in names]
    for name in names:
        cluster.drop(name)


def test_same_answer_on_any_text(each_locale: list[psycopg.Connection], cluster: Cluster) -> None:
    """350 lists of 6 texts, more than 2,000 texts, on each locale, one by one on the one and together on the other; a tenth of them
    on the other servers."""

    @given(st.lists(NOTE, min_size=6, max_size=6))
    @example(["P ſ O/S "])  # a letter that is none of ours ends no sentence
    @settings(max_examples=120 if cluster.first else 35)
    def agree(notes: list[str]) -> None:
        python = list(map(in_python, notes))
        for conn, ask in zip(each_locale, (in_postgres, together_in_postgres), strict=True):
            assert differences(notes, ask(conn, notes), python) == []

    agree()


@pytest.mark.corpus
@pytest.mark.parametrize("locale", LOCALES)
def test_same_answer_on_the_corpus_and_on_every_example(
    installed: str, cluster: Cluster, locale: str
) -> None:
    """On the first server a sixth of all texts on each locale, which are two; some of them on each of the others."""
    parts = ("tune", "check")
    notes = [n.text for part in parts for n in labelled(part)]
    assert len(notes) >= 1780
    notes += [e.text for r in MATCHER.pack.rules for e in r.bad]
    notes += [e.fixed for r in MATCHER.pack.rules for e in r.bad if e.fixed]
    notes += [text for r in MATCHER.pack.rules for text in r.allowed]
    notes = list(spread(notes[LOCALES.index(locale) :], 2_600 if cluster.first else 450))
    known = {n.text: answer(m) for part in parts for n, m in answers(part)} if cluster.first else {}
    python = [known[note] if note in known else in_python(note) for note in notes]
    with psycopg.connect(installed, autocommit=True) as conn:
        assert differences(notes, together_in_postgres(conn, notes), python) == []
    assert sum(map(bool, python)) > (300 if cluster.first else 50)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_character_folds_alike(installed: str) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        rows = conn.execute(
            "select i, motjuste.fold(chr(i)) from generate_series(1, 200000) as i where i not between 55296 and 57343"
        ).fetchall()
    different = [(hex(i), got) for i, got in rows if got != texts.fold(chr(i))]
    assert different == []
    assert all(len(got) == 1 for _, got in rows)


def test_many_notes_together_as_each_alone(installed: str) -> None:
    """What is known of the words of all notes stands in the same arrays: nothing goes from one note to the next."""
    notes = [
        *spread(_BAD, 60),
        "",
        " ",
        "il",
        "est un",
        "con",
        "Client rappelé ce jour. " * 200,
        "c*n",
        ". . .",
    ]
    with psycopg.connect(installed, autocommit=True) as conn:
        alone = [found for note in notes for found in in_postgres(conn, [note])]
        assert together_in_postgres(conn, notes) == alone
    assert alone == list(map(in_python, notes))


def test_notes_in_which_only_words_together_tell_are_found_together(installed: str) -> None:
    """Where no rule matches in any of them, a shorter way is taken."""
    said = "Absent lundi, il a chopé"
    notes = [said, f"Rappeler mardi. {said}", "Rappeler mardi.", f"{said}. Rappeler mardi.", said]
    expected = list(map(in_python, notes))
    assert [bool(found) for found in expected] == [True, True, False, True, True]
    with psycopg.connect(installed, autocommit=True) as conn:
        assert together_in_postgres(conn, notes) == expected


@pytest.mark.first_server
def test_the_tables_stay_small(installed: str) -> None:
    """What raises this figure changes it in the same commit."""
    with psycopg.connect(installed, autocommit=True) as conn:
        [(size,)] = conn.execute(
            "select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = 'motjuste'::regnamespace and relkind = 'r'"
        ).fetchall()
    assert size < 36_600_000


@pytest.mark.first_server
def test_few_items_of_a_phrase_are_looked_at_one_by_one(installed: str) -> None:
    """All others by the class of the word that stands there. What raises these figures changes them in the same commit."""
    with psycopg.connect(installed, autocommit=True) as conn:
        [(mean, most)] = conn.execute("select avg(width), max(width) from motjuste.phrase").fetchall()
    assert mean < 1.4 and most < 110


@pytest.mark.first_server
def test_notes_together_share_what_is_looked_up(installed: str) -> None:
    """Counted in pages that the server looks at, a note of 120 characters: each word, keyword and context once. Likewise."""
    notes = [n.text for n in spread(list(labelled("check")), 300)]
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("select * from motjuste.check('x')")
        plan = conn.execute(
            "explain (analyze, buffers, format json) select * from motjuste.found(%s::text[])", [notes]
        ).fetchall()
    assert plan[0][0][0]["Plan"]["Shared Hit Blocks"] / len(notes) < 470


@pytest.mark.first_server
@pytest.mark.parametrize(
    ("note", "most"),
    [
        ("Rappeler lundi.", 30),
        ("Client rappelé ce jour, envoi du dossier par la poste.", 210),
        ("Client alcoolique.", 260),
    ],
)
def test_a_note_by_itself_is_looked_up_by_keys(installed: str, note: str, most: int) -> None:
    """What an INSERT of one row pays: pages that the server looks at. To go through a table of the rules for each note is no key. Likewise."""
    ask = "explain (analyze, buffers, format json) select * from motjuste.check(%s)"
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute(ask, [note])  # what a connection does once
        plan = conn.execute(ask, [note]).fetchall()
    assert plan[0][0][0]["Plan"]["Shared Hit Blocks"] < most


@pytest.mark.first_server
def test_one_text_is_read_as_many_are(installed: str) -> None:
    """A plan that is made for the notes at hand expects too many rows, and is another one each time: `found` has one plan whatever it is given."""
    with psycopg.connect(installed, autocommit=True) as conn:
        [(pinned,)] = conn.execute(
            "select proconfig from pg_proc where oid = 'motjuste.found(text[])'::regprocedure"
        ).fetchall()
    assert {"plan_cache_mode=force_generic_plan", "jit=off"} <= set(pinned)


@pytest.mark.parametrize("notes", [[None], [None, None], [None, "Client alcoolique.", None]])
def test_rows_without_a_note_are_no_error(installed: str, notes: list[str | None]) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        found = conn.execute("select i from motjuste.found(%s::text[])", [notes]).fetchall()
    assert found == [(n,) for n, note in enumerate(notes, start=1) if note]


@pytest.mark.first_server
@pytest.mark.parametrize(
    "sentence", ["Client alcoolique. ", "a-a-", "c*n ", "Client rappelé ce jour, envoi du dossier. "]
)
def test_a_long_note_takes_no_more_a_word_than_a_short_one(installed: str, sentence: str) -> None:
    """Counted in pages that the server looks at: to look at all of a note for each of its words would take ten times as many a word."""

    def pages(times: int) -> float:
        plan = conn.execute(
            "explain (analyze, buffers, format json) select * from motjuste.check(%s)", [sentence * times]
        ).fetchall()
        return float(plan[0][0][0]["Plan"]["Shared Hit Blocks"] / times)

    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("select * from motjuste.check('x')")
        assert pages(2_000) < 2 * pages(200) + 1


@pytest.mark.first_server
@pytest.mark.parametrize("piece", ["a b c d ", "a@b.c ", "Rappel le 12/03, tel 06 12 34 56 78. "])
def test_a_note_is_cut_into_sentences_once(installed: str, piece: str) -> None:
    """However much weighs in it: a note of 4,000 single letters once took half a minute, and held up whoever wrote it."""

    def calls(times: int) -> int:
        with psycopg.connect(installed) as conn:  # a session counts for all that it did
            conn.execute("set track_functions = 'all'")
            conn.execute("select * from motjuste.check(%s)", [piece * times])
            [(number,)] = conn.execute(
                "select sum(calls) from pg_stat_xact_user_functions where funcname in ('sentences', 'variants', 'fold')"
            ).fetchall()
        return int(number)

    assert calls(400) == calls(40)


@pytest.mark.first_server
def test_the_same_match_in_the_same_surroundings_is_judged_once(installed: str) -> None:
    def calls(times: int) -> int:
        with psycopg.connect(installed) as conn:
            conn.execute("set track_functions = 'all'")
            conn.execute("select * from motjuste.check(%s)", ["c*n " * times])
            [(number,)] = conn.execute(
                "select sum(calls) from pg_stat_xact_user_functions where funcname in ('sense', 'borne')"
            ).fetchall()
        return int(number)

    assert 0 < calls(400) < calls(100) + 10


_ODD = (
    "trèsss",
    "connnard",
    "s.d.f",
    "pakis-\ntanais",
    "a l c o o l",
    "alcoo_lique",
    "d?pressif",
    "alcolique",
    '"cleint"',
)


def test_other_readings_are_read_near_what_differs(installed: str) -> None:
    """Of a long note only what is near a word that is written otherwise is read again: the same parts in both engines."""
    rng = random.Random(7)
    ask = (
        "select p.body from motjuste.plains(%(note)s) with ordinality as p (body, at, size, joined_at, joined_size, near, k)"
        " union all select c.body from motjuste.corrected(array[%(first)s], array[motjuste.lined(%(first)s)]) as c"
    )
    said = [n.text for n in spread(list(labelled("check")), 200)]
    left_out = 0
    with psycopg.connect(installed, autocommit=True) as conn:
        for _ in range(12):
            note = " ".join(rng.choice(_ODD) if rng.random() < 0.1 else rng.choice(said) for _ in range(60))
            bodies = [p.body for p in MATCHER._readings(note)]
            assert [b for (b,) in conn.execute(ask, {"note": note, "first": bodies[0]})] == bodies
            left_out += sum(len(body) < len(note) - texts.LEFT_OUT for body in bodies)
            for folded in map(texts.fold, bodies):
                rows = conn.execute("select body, near::text from motjuste.variants(%s)", [folded]).fetchall()
                assert [(body, near is not None) for body, near in rows] == [
                    (v.body, bool(v.near)) for v in texts.variants(folded)
                ]
                left_out += sum(near is not None for _, near in rows)
            assert in_postgres(conn, [note]) == [in_python(note)]
    assert left_out > 30


@pytest.mark.first_server
def test_a_long_note_takes_memory_by_its_length(installed: str) -> None:
    """Of misspelt words: each once stood in memory with all of the note, and a megabyte ended the server."""
    note = "Le cleint a demadné un remboursment, alcolique et dépresssif. " * 600
    with psycopg.connect(installed, autocommit=True) as conn:
        found = conn.execute("select count(*) from motjuste.check(%s)", [note]).fetchall()
        status = Path(f"/proc/{conn.info.backend_pid}/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert found != [(0,)] and peak < 150_000, peak


@pytest.mark.parametrize(
    "note",
    [
        "con " * 3_000,
        "a" * 300_000,
        "connnard " * 1_000,
        "\U0001f600" * 20_000,
        "é" * 100_000,
        "1 " * 6_000,
        "c*n " * 1_000,
        "Client rappelé ce jour, envoi du dossier par la poste. " * 5_000 + "Client alcoolique.",
        "Œuvre livrée, sœur du client alcoolique. " * 100,
    ],
    ids=["con", "letters", "drawn out", "emoji", "accents", "digits", "masked", "plain", "ligatures"],
)
def test_long_monotonous_notes_are_answered_alike(installed: str, note: str) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        assert in_postgres(conn, [note]) == [in_python(note)]


@pytest.mark.first_server
def test_a_note_is_folded_once(installed: str) -> None:
    """A clean note with a word that weighs much goes through most of the check, and is folded once on its way."""
    note = "Client rappelé au sujet de son traitement,\nil attend sa réponse."
    with psycopg.connect(installed) as conn:
        conn.execute("set local track_functions = 'all'")
        assert conn.execute("select count(*) from motjuste.found(array[%s])", [note]).fetchone() == (0,)
        calls = conn.execute(
            "select funcname, calls from pg_stat_xact_user_functions where funcname in ('fold', 'sentences') order by 1"
        ).fetchall()
    assert calls == [("fold", 1), ("sentences", 1)]


@pytest.mark.first_server
def test_a_word_is_looked_up_once(installed: str) -> None:
    """However often a word stands in a batch, the sets that it is a keyword of are told once."""
    with psycopg.connect(installed) as conn:
        asked = "select cardinality(opened), cardinality(words) from motjuste.read(%s)"
        once = conn.execute(asked, [["client alcoolique"]]).fetchone()
        often = conn.execute(asked, [["client alcoolique alcoolique", "client alcoolique"] * 5]).fetchone()
    assert once is not None and often is not None and once[0] > 0
    assert often == (once[0], 25)


def test_digests_are_the_same(installed: str) -> None:
    notes = ["client alcoolique", "", "é\u0301😀\r\n", "x" * 100_000]
    with psycopg.connect(installed, autocommit=True) as conn:
        row = conn.execute("select key from motjuste.secret").fetchone()
        assert row is not None and len(row[0]) == 32
        got = conn.execute("select motjuste.digest(n) from unnest(%s::text[]) as n", [notes]).fetchall()
    assert [bytes(g[0]) for g in got] == [note_digest(row[0], n) for n in notes]


def test_masks_stand_for_letters() -> None:
    assert mask_shape("c*n") == "c[a-z]n"
    assert mask_shape("co****") == "co[a-z][a-z][a-z][a-z]|co[a-z]+"
