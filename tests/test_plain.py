"""Plain text: what hides a word from a search but not from a reader hides no finding, in Python and in PostgreSQL."""

from __future__ import annotations

import html
import random
import sys
import unicodedata

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import LOCALES, Cluster, finder
from motjuste.assets import pack as load_pack
from motjuste.engine import characters, plain
from motjuste.engine import text as texts
from test_parity import answer, each_locale, in_postgres, together_in_postgres
from typos import misread

__all__ = ["each_locale"]
MATCHER = finder(load_pack())
SENTENCES = ("Client alcoolique.", "La cliente est séropositive.", "carte 4970 1012 3456 7893")
WORDS = ("alcoolique", "séropositive", "4970 1012 3456 7893")

# -- ways to hide a word; each keeps it readable ------------------------------------------------------

DEFAULT_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2064\u2065"
    "\u2066\u206f\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\ufff8\U0001bca0\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100\U000e01ef"
    "\U000e0fff"
)
LOOKS = str.maketrans("aceijopsxyhABEKMHOPCTX", "асеіјорѕхуһАВЕКМНОРСТХ")
GREEK = str.maketrans("oviuABEZHIKMNOPTYX", "ονιυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")


def _shifted(word: str, small: int, capital: int, digit: int = 0) -> str:
    """The word in an alphabet of which these are the first letters; accents become marks."""
    parts = []
    for c in unicodedata.normalize("NFD", word):
        first = small if c.islower() else capital if c.isupper() else digit if c.isdigit() else 0
        base = "a" if c.islower() else "A" if c.isupper() else "0"
        parts.append(chr(first + ord(c) - ord(base)) if first and c.isascii() else c)
    return "".join(parts)


def _entities(word: str, how: str) -> str:
    return "".join(how.format(ord(c)) if n % 2 else c for n, c in enumerate(word))


def _named(word: str) -> str:
    names = {c: f"&{n};" for n, c in ((n, chr(c)) for n, c in html.entities.name2codepoint.items())}
    return "".join(names.get(c, c) for c in word)


HIDDEN = {
    **{f"ignored {ord(c):x}": (lambda w, c=c: c.join(w)) for c in DEFAULT_IGNORABLE},
    "control": lambda w: "\x08".join(w),
    "fullwidth": lambda w: _shifted(w, 0xFF41, 0xFF21, 0xFF10),
    "bold": lambda w: _shifted(w, 0x1D41A, 0x1D400, 0x1D7CE),
    "sans": lambda w: _shifted(w, 0x1D5BA, 0x1D5A0, 0x1D7E2),
    "typewriter": lambda w: _shifted(w, 0x1D68A, 0x1D670, 0x1D7F6),
    "circled": lambda w: _shifted(w, 0x24D0, 0x24B6),
    "parenthesized": lambda w: _shifted(w, 0x249C, 0x249C),
    "squared": lambda w: _shifted(w.upper(), 0, 0x1F130),
    "arabic digits": lambda w: _shifted(w, 0, 0, 0x660),
    "cyrillic": lambda w: w.translate(LOOKS),
    "cyrillic capitals": lambda w: w.upper().translate(LOOKS),
    "greek": lambda w: w.translate(GREEK),
    "enclosed": lambda w: "".join(c + "\u20dd" for c in w),
    "struck": lambda w: "".join(c + "\u0336" for c in w),
    "ligature": lambda w: w.replace("fi", "ﬁ").replace("st", "ﬆ").replace("ff", "ﬀ"),
    "named": _named,
    "named twice": lambda w: _named(w).replace("&", "&amp;"),
    "decimal": lambda w: _entities(w, "&#{};"),
    "zeros": lambda w: _entities(w, "&#000{};"),
    "hexadecimal": lambda w: _entities(w, "&#x{:x};"),
    "capital hexadecimal": lambda w: _entities(w, "&#X{:04X};"),
    "invisible entity": lambda w: "&zwnj;".join(w),
    "soft hyphen entity": lambda w: w[:4] + "&shy;" + w[4:],
    **{f"misread as {' as '.join(e)}": (lambda w, e=e: misread(w, *e)) for e in (
        ("cp1252",), ("latin-1",), ("cp850",), ("mac_roman",), ("cp1252", "cp1252"), ("latin-1", "latin-1"), ("latin-1", "cp1252"))},
    "lost": lambda w: w.replace("é", "\ufffd"),
}  # fmt: skip
PARTED = {
    "underscores": lambda w: "_".join(w.replace(" ", "")),
    **{f"part {s}": (lambda w, s=s: w.replace(" ", s) if " " in w else w[:4] + s + w[4:]) for s in ("_", "__", "•", "·", "|", "~", "\\", "^")},
    "spelt": lambda w: " ".join(w) if w.isalpha() else w,
    "spelt with stars": lambda w: "*".join(w) if w.isalpha() else w,
    "spelt with slashes": lambda w: "/".join(w) if w.isalpha() else w,
    "spelt with lines": lambda w: "\n".join(w) if w.isalpha() else w,
    "asked": lambda w: w.replace("é", "?"),
    "spelt fullwidth": lambda w: " ".join(_shifted(c, 0xFF41, 0xFF21) for c in unicodedata.normalize("NFC", w)) if w.isascii() and w.isalpha() else w,
}  # fmt: skip
WAYS = {**HIDDEN, **PARTED}


def hidden(sentence: str, word: str, how: str) -> str:
    """The sentence with the word written this way; "" where it has no such way."""
    return sentence.replace(word, WAYS[how](word))


@pytest.mark.parametrize("how", WAYS)
def test_no_way_of_writing_hides_a_finding(how: str) -> None:
    for sentence, word in zip(SENTENCES, WORDS, strict=True):
        text = hidden(sentence, word, how)
        start = text.index(WAYS[how](word)[:1], sentence.index(word))
        found = MATCHER.find(text)
        assert [m.level for m in found] == ["block"], (how, sentence)
        assert (found[0].category, found[0].start) == (MATCHER.find(sentence)[0].category, start)
        # all of what stands for the word is covered, but for what ends it unseen
        assert found[0].end >= start + len(WAYS[how](word).rstrip(DEFAULT_IGNORABLE + "\u20dd\u0336\x08"))


def test_every_ignorable_character_of_the_standard_is_left_out() -> None:
    everything = (chr(c) for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF)
    invisible = [c for c in everything if unicodedata.category(c) == "Cf" and not _shown(c)]
    assert len(invisible) > 130
    for c in (*invisible, *DEFAULT_IGNORABLE.replace("\u034f", "")):
        assert plain.plain(f"al{c}coolique").body == "alcoolique", hex(ord(c))


def _shown(c: str) -> bool:
    """Whether a format character is one that readers see, or that belongs to a script of its own."""
    return (
        (0x600 <= ord(c) <= 0x8E2 and c != "\u061c")
        or c in "\U000110bd\U000110cd"
        or "\ufff9" <= c <= "\ufffb"
        or "\U00013430" <= c <= "\U0001343f"
    )


def test_the_table_reads_as_unicode_decomposes() -> None:
    """What NFKC makes one letter or digit of ASCII of is read so, but signs of units and what `fold` reads."""
    for code in range(0x80, sys.maxunicode + 1):
        if 0xD800 <= code <= 0xDFFF or 0x3300 <= code <= 0x33FF or code in texts.FOLD:
            continue
        letter = unicodedata.normalize("NFKC", chr(code))
        if len(letter) == 1 and letter.isascii() and letter.isalnum():
            assert plain.plain(chr(code)).body == letter, hex(code)


@pytest.mark.parametrize(
    "text",
    [
        "Клиент звонил, рот и нос болят, сон плохой, как и вчера. ТОРТ, СОРТ, КОСА.",
        "Ο πελάτης τηλεφώνησε χθες, ο νόμος, το παιδί και η μητέρα.",
        "Ελένη Παπαδοπούλου, Москва, Сергей Петров",
        "לקוח התקשר אתמול",
        "العميل اتصل أمس",
    ],
)
def test_a_note_of_another_script_stays_as_it_is(text: str) -> None:
    words = plain.plain(text).body.split()
    changed = [w for w, was in zip(words, text.split(), strict=True) if w != was]
    assert len(changed) <= 8  # short words may look Latin through and through
    assert MATCHER.find(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "M. A B C, rappeler.", "R D V le 3", "s. a. v. contacté", "1 2 3", "note_client_v2", "jean_dupont@free.fr", "https://a.fr/mon_compte?x=1&copy=2",
        "code 12_34_56", "R & D chez H&M", "Dossier A-12_B", "plan m² et m³", "AT&T ; 5 < 6 && 7 > 3", "client·e rappelé·e", "😀 👍🏽 ❤️ 🇫🇷", "№ 12, 20 ℃, 5 ㎏",
        "a = b | c ~ d ^ e \\ f", "il y a l'accord, d'ici à 9 h", "Ligne 1 : a b", "&unknown; &; &#0; &#xd800; &#99999999;", "Pâté ½ ¼ ¾ £ § ¶ µ",
    ],
)  # fmt: skip
def test_ordinary_signs_are_no_finding(text: str) -> None:
    assert MATCHER.find(text) == []


def test_a_question_ends_a_sentence_still() -> None:
    """A `?` without a space after it hides nothing that stands beside it."""
    for text in ("Client alcoolique?non, dit-il", "Qui est absent?alcoolique notoire"):
        assert "sante" in {m.category for m in MATCHER.find(text)}, text


def test_an_ordinary_note_is_read_as_it_is() -> None:
    note = "L’épouse a réglé 1 000,50 € le 3/4… rien d'autre – merci (RDV à 14h30) ; « cœur » : 😀"
    assert plain.plain(note).body == note
    assert len(plain.readings(note)) == 1


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("alcoo_lique", ["alcoo_lique", "alcoolique"]),
        ("g r o s  c o n", ["g r o s  c o n", "gros  con"]),
        ("a b", ["a b"]),
        ("ﬁche&nbsp;&eacute;t&#233;", ["fiche\u00a0été"]),
        ("R&amp;D", ["R&D"]),
        ("&amp;amp;eacute;", ["é"]),
        ("&eacutetat", ["état"]),
        ("аlcооl", ["alcool"]),
        ("ночь", ["ночь"]),
        ("тоxicомаne", ["toxicomane"]),
        ("x\u00ad_\u200by", ["x_y", "xy"]),
        ("lâ€™Ã©tÃ©Â\u00a0: Å“uvre", ["l’été\u00a0: œuvre"]),
        ("dÃƒÂ©jÃƒÂ\u00a0 d├®j√†", ["déjà déjà"]),
        ("Â©, Âge, Ã, Ã!", ["Â©, Âge, Ã, Ã!"]),
        ("cr\ufffd\ufffde d\ufffdj\ufffd \ufffdg\ufffde, l\ufffd\ufffd", ["creee deje egee, l\ufffd\ufffd"]),
        (
            "l\ufffdami qu\ufffdil s\ufffdur d\ufffdune n\ufffde (\ufffd) \ufffd 5\ufffd000",
            ["l'ami qu'il sœur d'une nee (\ufffd) \ufffd 5\ufffd000"],
        ),
        (
            "\ufffd\ufffd\ufffd\ufffd abc \ufffdabc\ufffd: d\ufffd",
            ["\ufffd\ufffd\ufffd\ufffd abc eabc\ufffd: de"],
        ),
        ("d?une s?ur d?c?d?e", ["d?une s?ur d?c?d?e", "d'une sœur decedee"]),
        ("Oui ? Non?\n?a 2?b ?c", ["Oui ? Non?\n?a 2?b ?c"]),
    ],
)
def test_plain_texts(text: str, bodies: list[str]) -> None:
    assert [p.body for p in plain.readings(text)] == bodies


_PIECE = st.one_of(
    st.sampled_from("aeoclnstABxyz 019_·|~&;#.,-*/\n'\"éœ\u0301\u200b\u00adﬁⅷ⑩²аеосхіΑονｆ𝐚ⓑ🅰ᴀ\U000e0041\u3164\x08"),
    st.sampled_from(["&eacute;", "&#233;", "&#xE9", "&amp;", "&amp;lt;", "&zwj;", "&filig;", "&acy;", "&bogus;", "&#0;", "a b c", "a_b", "сон", "тест"]),
    st.sampled_from(["Ã©", "ÃƒÂ©", "Ã\x83Â©", "Ã", "Â", "â€™", "├®", "√©", "Å“", "\ufffd", "\ufffd\ufffd", "?", "l?a", "s\ufffdur", "qu\ufffdil", "é\ufffd", "?é"]),
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"),
)  # fmt: skip
ODD = st.lists(_PIECE, max_size=25).map("".join)


@given(ODD)
def test_any_span_of_a_plain_text_lies_in_the_stored_one(text: str) -> None:
    for reading in plain.readings(text):
        size = len(reading.body)
        assert sum(reading.original(0, size)) <= len(text)
        last = 0
        for n in range(size):
            start, length = reading.original(n, 1)
            assert last <= start < start + length <= len(text)
            last = start


# -- the same in PostgreSQL ---------------------------------------------------------------------------


@pytest.mark.first_server
@pytest.mark.parametrize("locale", LOCALES)
def test_every_character_is_read_alike(installed: str, locale: str) -> None:
    """Alone and among Latin letters; in one locale each, in the other a fifth."""
    codes = [n for n in (*range(1, 0x20400), *range(0xE0000, 0xE1000)) if not 0xD800 <= n <= 0xDFFF]
    codes = codes[:: 1 if locale == LOCALES[0] else 5]
    texts = [
        " ".join(f"{chr(n)} a{chr(n)}b" for n in codes[at : at + 100]) for at in range(0, len(codes), 100)
    ]
    with psycopg.connect(installed, autocommit=True) as conn:
        bodies = conn.execute(
            "select (motjuste.plain(n)).body from unnest(%s::text[]) as n", [texts]
        ).fetchall()
        # asked by hundreds first: of most of these none is odd
        usual = conn.execute(
            "with note as (select n, string_to_array(n, ' ') as words, motjuste.is_odd(n) as odd from unnest(%s::text[]) as n)"
            " select substr(w, 2, 1) from note, unnest(words) as w where w like 'a_b'"
            " and case when odd then not motjuste.is_odd(w) else true end",
            [texts],
        ).fetchall()
    for (body,), text in zip(bodies, texts, strict=True):
        assert body.split(" ") == plain.plain(text).body.split(" ")
    assert all([p.body for p in plain.readings(f"a{c}b")] == [f"a{c}b"] for (c,) in usual)


def test_every_name_is_read_alike(installed: str) -> None:
    names = sorted({pair.split("=")[0] for pair in characters.NAMED.split()})
    texts = [f"a&{name};b &amp;{name}; &{name}" for name in [*names, "nothing", "amp", "amp;amp"]]
    with psycopg.connect(installed, autocommit=True) as conn:
        got = conn.execute("select (motjuste.plain(n)).body from unnest(%s::text[]) as n", [texts]).fetchall()
    assert [body for (body,) in got] == [plain.plain(text).body for text in texts]


@pytest.mark.each_server
def test_any_text_has_the_same_plain_texts_and_findings(
    each_locale: list[psycopg.Connection], cluster: Cluster
) -> None:
    rng = random.Random(7)
    sentences = [hidden(s, w, how) for how in WAYS for s, w in zip(SENTENCES, WORDS, strict=True)]

    @given(
        st.lists(
            st.one_of(
                ODD, st.sampled_from(sentences), st.tuples(ODD, st.sampled_from(sentences)).map(" ".join)
            ),
            min_size=6,
            max_size=6,
        )
    )
    @settings(max_examples=25 if cluster.first else 6)
    def agree(texts: list[str]) -> None:
        expected = [[(p.body, *(p.original(0, len(p.body)))) for p in plain.readings(t)] for t in texts]
        found = [answer(MATCHER.find(t)) for t in texts]
        for conn, ask in zip(each_locale, (in_postgres, together_in_postgres), strict=True):
            got: list[list[tuple[str, int, int]]] = [[] for _ in texts]
            rows = conn.execute(
                "select n.i, p.body, o.start, o.length from unnest(%s::text[]) with ordinality as n (note, i)"
                " cross join lateral motjuste.plains(n.note) with ordinality as p (body, at, size, joined_at, joined_size, near, k)"
                " cross join lateral motjuste.stored(0, length(p.body), p.joined_at, p.joined_size) as j"
                " cross join lateral motjuste.stored(j.start, j.length, p.at, p.size) as o order by n.i, p.k",
                [texts],
            )
            for i, *reading in rows:
                got[i - 1].append(tuple(reading))
            assert got == expected
            assert ask(conn, texts) == found

    agree()
    with_all = [" ".join(rng.sample(sentences, 3)) for _ in range(20)] + sentences
    if not cluster.first:  # a third of them on each other server
        with_all = with_all[::3]
    known = [answer(MATCHER.find(text)) for text in with_all]
    for conn, ask in zip(each_locale, (in_postgres, together_in_postgres), strict=True):
        assert ask(conn, with_all) == known
        rows = conn.execute("select motjuste.suspect(n) from unnest(%s::text[]) as n", [with_all]).fetchall()
        assert [row[0] for row in rows] == [bool(k) for k in known]
        many = conn.execute(
            "select count(distinct i) from motjuste.suspects(%s::text[]) as i", [with_all * 4]
        ).fetchone()
        assert many == (4 * len(with_all),)


def test_long_hidden_notes_are_answered_alike(each_locale: list[psycopg.Connection]) -> None:
    texts = [
        "a l c o o l " * 2_000,
        "&eacute;" * 5_000,
        "а" * 50_000,
        "a_" * 10_000,
        "\u200b" * 50_000,
        "ﬁ" * 5_000,
        "Ã©" * 5_000,
        "Ã" * 10_000,
        "a\ufffd" * 5_000,
        "a?" * 10_000,
        "Rappelé ce jour. " * 2_000 + "Client аlсооlіquе, al&shy;coo_lique.",
    ]
    known = [answer(MATCHER.find(text)) for text in texts]
    assert len(known[-1]) == 2
    assert in_postgres(each_locale[0], texts) == known


def test_what_french_writes_stays_as_it_is() -> None:
    """Why a note of these characters alone is not looked through any further."""
    known = plain._characters()
    for c in plain.USUAL:
        assert ord(c) not in known.always and ord(c) not in known.among_latin
        assert c not in known.several and not known.ignored(c)
