"""The program of a pack: what damages it is refused, what it says is what the pack says, what walks it finds what a plain search finds."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
import sys
import zlib
from functools import reduce
from operator import or_
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import matcher_of, small_files
from motjuste import assets
from motjuste.engine import compiled
from motjuste.engine import text as texts
from motjuste.engine.match import Walker
from motjuste.engine.program import (
    DEAD,
    FORK,
    FORMAT,
    GOES_ON,
    MAGIC,
    SECTIONS,
    STATE,
    Program,
    fork_number,
    forked,
    pack,
    places,
)
from motjuste.engine.program import weights as weights_of
from motjuste.engine.read import ROOTS, Vocabulary, sentences
from motjuste.errors import ProgramError, RuleError
from motjuste.rulepack import compile as compiling
from motjuste.rulepack.phrase import Choice, Close, Gap, Joint, Lexicon, Node, Number, Phrase, Words
from motjuste.rulepack.rules import drafted, load

HEAD, ENTRY = struct.Struct("<8sIII32s"), struct.Struct("<16sQQ")
RULES = """
[[rule]]
id = "sante-1"
why = "Why."
match = ["{malade}", "en (longue)? maladie", "arret-maladie", "traite <0-2!suite> depuis #"]
unless = { before = ["lit", "^"], near = ["animal ~ malade"] }
examples = [{ bad = "Il est [[malade]]." }]
allowed = ["Un lit malade."]
"""
MORE = {
    "lists": '[lists]\nsuite = ["bien", "mal"]\n',
    "forms": '[forms]\nmalade = "malade malades"\n',
}


def files() -> dict[str, str]:
    return small_files(RULES, rewritten=False, **MORE)


@pytest.fixture(scope="module")
def small() -> bytes:
    """A program of a few kilobytes."""
    made = load(files())
    return compiling.program(drafted(files()), made, made.weights)


def sealed(content: bytes) -> bytes:
    """A file whose checksums are right again: what a program that is wrong, but not damaged, looks like."""
    magic, version, count, _, _ = HEAD.unpack_from(content)
    rest = content[HEAD.size :]
    digest = hashlib.sha256(rest).digest()
    crc = zlib.crc32(rest, zlib.crc32(HEAD.pack(magic, version, count, 0, digest)))
    return HEAD.pack(magic, version, count, crc, digest) + rest


def sections(content: bytes) -> dict[str, tuple[int, int, int]]:
    """Name -> (where it stands in the table, its offset, its length)."""
    found = {}
    for n in range(HEAD.unpack_from(content)[2]):
        at = HEAD.size + n * ENTRY.size
        name, offset, length = ENTRY.unpack_from(content, at)
        found[name.rstrip(b"\0").decode()] = (at, offset, length)
    return found


def refused(content: bytes) -> str:
    with pytest.raises(ProgramError) as caught:
        Program(content, "fr.program")
    assert "fr.program" in caught.value.message and caught.value.hint == "reinstall motjuste"
    return caught.value.message


# -- damage ----------------------------------------------------------------------------------------


def test_no_byte_of_it_can_be_another(small: bytes) -> None:
    Program(small)
    for at in range(len(small)) if len(small) < 3000 else (*range(400), *range(400, len(small), 37)):
        refused(small[:at] + bytes([small[at] ^ (1 << at % 8)]) + small[at + 1 :])


def test_one_that_is_cut_short_or_goes_on_is_refused(small: bytes) -> None:
    for size in (0, 7, 8, HEAD.size - 1, HEAD.size, HEAD.size + 3, len(small) // 2, len(small) - 1):
        refused(small[:size])
    refused(small + b"\0")


def test_another_file_and_another_version_are_named(small: bytes) -> None:
    assert "no program" in refused(sealed(b"MOTJUSTE" + small[8:]))
    other = sealed(small[:8] + struct.pack("<I", FORMAT + 1) + small[12:])
    assert f"format {FORMAT + 1}" in refused(other) and f"format {FORMAT}" in refused(other)


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_lie_within_the_file_and_fit_each_other(small: bytes, name: str) -> None:
    at, offset, length = sections(small)[name]

    def told(title: str, offset: int, length: int) -> bytes:
        return sealed(small[:at] + ENTRY.pack(title.encode(), offset, length) + small[at + ENTRY.size :])

    Program(told(name, offset, length))
    beyond = len(small) + -len(small) % 8
    for title, begin, size in (
        (name, beyond, length + 8), (name, offset, len(small)), (name, offset, 2**63), (name, 2**64 - 8, 16),
        (name, offset + 1, length), ("unheard", offset, length), (name, offset, length + 1),
    ):  # fmt: skip
        if (title, begin, size) != (name, offset, length + 1) or name not in ("words", "features"):
            refused(told(title, begin, size))
    if length:
        refused(told(name, offset, length - 1))


@pytest.mark.parametrize("meta", [b"", b"{}", b"[]", b"1", b'{"roots": {}}', b"\xff", b"{"])
def test_what_it_says_in_json_is_json(meta: bytes) -> None:
    empty = {name: b"\0\0\0\0" if name.endswith("_at") else b"" for name in SECTIONS}
    empty |= {"states": b"", "transitions": bytes(8), "spelt_at": b""}
    Program(pack({**empty, "meta": b'{"roots": {}, "columns": []}'}))
    refused(pack({**empty, "meta": meta}))


def test_a_mask_and_the_nodes_say_which_classes_a_state_takes(small: bytes) -> None:
    program = Program(small)
    size = len(program.states) // STATE
    every = range(max(program.word_class) + 1)
    for state in range(size):
        takes = {one for one in every if program.next(state, one) != DEAD}
        assert takes == {*program.classes(state)}
        assert {program.next(state, one) for one in takes} <= {*range(size)}
        assert program.mask(state) & ~GOES_ON == reduce(or_, map(places, takes), 0)
        at, branches, *ways = program.states[state * STATE + 2 : (state + 1) * STATE]
        assert branches == program.transitions[at]
        assert (program.mask(state) & GOES_ON != 0) == (ways[0] < ways[1] or ways[2] < ways[3])
    for n in range(0, len(program.forks), FORK):
        asked, after, low, high = program.forks[n : n + FORK]
        assert low | high << 32 == program.mask(after) and fork_number(*forked(asked)) == asked


def test_a_fork_that_asks_for_more_than_its_number_holds_is_refused() -> None:
    assert forked(fork_number(2, 255, -1, 15)) == (2, 255, -1, 15)
    for asked in ((0, 256, 0, 0), (0, 1, 4095, 0), (0, 1, 0, 16)):
        with pytest.raises(RuleError, match="gap"):
            fork_number(*asked)


def test_states_that_notes_meet_most_come_first() -> None:
    for often, seldom in (("un chat", "le rat"), ("le rat", "un chat")):
        first, second = often.split()
        told = small_files(
            RULES.replace("en (longue)? maladie", f'{often}", "{seldom}'), rewritten=False, **MORE
        )
        told["forms.toml"] = told["forms.toml"] + f"[frequency]\n{first} = 9000\n{second} = 9000\n"
        made = load(told)
        program = Program(compiling.program(drafted(told), made, made.weights))
        begin = {
            w: program.word_first[3 * program.vocabulary.find(w)] for w in (*often.split(), *seldom.split())
        }
        assert 0 < begin[first] < begin[seldom.split()[0]]


def test_a_file_is_opened_or_refused(small: bytes, tmp_path: Path) -> None:
    file = tmp_path / "fr.program"
    file.write_bytes(small)
    with file.open("rb") as stream:
        assert Program.of(stream, file.name).digest == HEAD.unpack_from(small)[-1].hex()
    file.write_bytes(b"")
    with file.open("rb") as stream, pytest.raises(ProgramError, match="cannot be opened"):
        Program.of(stream, file.name)
    assert small.startswith(MAGIC)


# -- what it says ----------------------------------------------------------------------------------


def test_the_same_rules_are_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys, hashlib, test_program as t\n"
        "made = t.load(t.files()); found = t.compiling.program(t.drafted(t.files()), made, made.weights)\n"
        "print(hashlib.sha256(found).hexdigest())"
    )
    paths = [str(Path(__file__).parent), str(Path(assets.__file__).parents[1])]
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True, text=True, check=True, cwd=tmp_path,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1


def test_it_says_what_the_pack_says(small: bytes) -> None:
    made, program = load(files()), Program(small)
    light = compiled.read(program.meta["pack"])
    assert light.digest == made.digest and light.categories == made.categories
    assert [(r.id, r.level, r.why) for r in light.rules] == [(r.id, r.level, r.why) for r in made.rules]
    assert [r["id"] for r in program.meta["rules"]] == ["sante-1"]
    assert program.meta["rules"][0]["unless"].keys() == {"before", "near"}
    assert -1 in program.meta["rules"][0]["unless"]["before"]  # the edge of a clause
    words = list(program.vocabulary)
    assert words == sorted(words, key=str.encode) and {"malade", "maladie", "arretmaladie", "#"} <= set(words)
    assert all(program.vocabulary.find(word) == number for number, word in enumerate(words))
    assert program.vocabulary.find("mala") == program.vocabulary.find("zz") == -1
    assert weights_of(program) is None


def test_the_shipped_program_says_what_the_shipped_pack_says(pack: assets.Pack) -> None:
    program = assets.shipped_program()
    light = compiled.read(program.meta["pack"])
    assert light.digest == pack.digest and [r.id for r in light.rules] == [r.id for r in pack.rules]
    told = weights_of(program)
    assert told and pack.weights
    found, leading = told
    for name in ("threshold", "leading", "sure", "bias", "limits", "spared", "bases"):
        assert getattr(found, name) == getattr(pack.weights, name)
    for name in ("fault", "close", "far", "signs", "sense"):
        column = getattr(pack.weights, name)
        assert {f: n for f, n in column.items() if n} == dict(getattr(found, name).items())
    for code, column in pack.weights.categories.items():
        assert {f: n for f, n in column.items() if n} == dict(found.categories[code].items())
    assert leading


# -- what walks it ---------------------------------------------------------------------------------


def test_words_that_stand_in_the_same_lists_are_of_one_class(small: bytes) -> None:
    program = Program(small)
    known = Vocabulary(program)
    assert known.of("malade") != known.of("maladie") and known.of("bien") == known.of("mal")
    assert known.of("12") == known.of("7") and known.of("zz")[0] == 0


LETTERS = ("a", "b", "ab", "ba", "coeur")
LIST = frozenset(["b", "ab"])
_word = st.sampled_from(LETTERS)
_few = st.lists(_word, min_size=1, max_size=2).map(" ".join)
_tied = st.one_of(
    _word, st.lists(_few, min_size=2, max_size=3, unique=True).map(lambda o: f"({'|'.join(o)})")
)
_joint = st.lists(_tied, min_size=2, max_size=3).map("-".join)
_gap = st.sampled_from(["_", "<0-1>", "<0-2>", "<1-3>", "<2-2>", "<0-2!l>", "<1-2!l>"])
_elements = st.recursive(
    st.one_of(_word, st.just("#"), st.just("@l"), _joint),
    lambda inner: st.builds(
        lambda options, end: f"({'|'.join(options)}){end}",
        st.lists(
            st.lists(st.one_of(inner, _gap, st.just("~")), max_size=2).flatmap(
                lambda rest: inner.map(lambda first: " ".join([first, *rest]))
            ),
            min_size=1, max_size=3,
        ),
        st.sampled_from(["", "?"]),
    ),
    max_leaves=5,
)  # fmt: skip
_terms = st.builds(
    lambda first, rest: " ".join([first, *rest]),
    st.one_of(_word, _joint, st.just("#")),
    st.lists(st.one_of(_elements, _gap, st.just("~")), max_size=4),
)
_texts = st.lists(
    st.tuples(
        st.sampled_from([*LETTERS, "aba", "abb", "aab", "cœur", "1", "22", "c"]),
        st.sampled_from([" "] * 6 + ["  ", "   ", "    ", ".", "; "]),
    ),
    max_size=12,
).map(lambda pairs: "".join(word + sep for word, sep in pairs))


class Naive:
    """A plain search: tries every way, element by element. `gaps[n]` are the signs before word n, the last those behind the last word."""

    def __init__(self, words: list[str], gaps: list[int]) -> None:
        self.words, self.gaps = words, gaps

    def ends(self, phrase: Phrase, at: int) -> set[int]:
        """Behind which words the phrase may end that begins at one."""
        if not phrase:
            return {at}
        head, rest = phrase[0], phrase[1:]
        if rest and isinstance(rest[0], Joint):
            found = {e for j in self.one(head, at) if self.gaps[j] <= 2 for e in self.ends(rest[1:], j)}
            return found | self._glued(head, rest[1:], at)
        if isinstance(head, Close) and rest and isinstance(rest[0], Gap):
            return {e for j in self.gap(rest[0], at, 1) for e in self.ends(rest[1:], j)}
        if isinstance(head, Close) and rest and isinstance(rest[0], Choice) and rest[0].optional:
            there = self.one(rest[0], at) if self.gaps[at] <= 1 else set()
            return {e for j in there | {at} for e in self.ends(rest[1:], j)}
        return {e for j in self.one(head, at) for e in self.ends(rest, j)}

    def _glued(self, head: Node, rest: Phrase, at: int) -> set[int]:
        """As if a word were two: the one ends with its first part, the other begins with what is left."""
        found = set()
        for n in range(at, len(self.words)):
            word = self.words[n]
            for k in range(1, len(word)):
                words = [*self.words[:n], word[:k], word[k:], *self.words[n + 1 :]]
                cut = Naive(words, [*self.gaps[: n + 1], 0, *self.gaps[n + 1 :]])
                if n + 1 in cut.one(head, at):
                    found |= {e - 1 for e in cut.ends(rest, n + 1)}
        return found

    def one(self, node: Node, at: int) -> set[int]:
        """Behind which words one element may end."""
        if isinstance(node, Choice):
            found = {e for option in node.options for e in self.ends(option, at)}
            return found | {at} if node.optional else found
        if isinstance(node, Close):
            return {at} if self.gaps[at] <= 1 else set()
        if isinstance(node, Gap):
            return self.gap(node, at, len(self.words) * 10)
        if at == len(self.words):
            return set()
        word = self.words[at]
        fits = word.isdigit() if isinstance(node, Number) else isinstance(node, Words) and word in node.forms
        return {at + 1} if fits else set()

    def gap(self, gap: Gap, at: int, signs: int) -> set[int]:
        """So many words, none of which it excludes, with no more signs before each."""
        found = {at} if gap.least == 0 else set()
        for size in range(1, gap.most + 1):
            n = at + size - 1
            if n >= len(self.words) or self.words[n] in gap.but or self.gaps[n] > signs:
                break
            if size >= gap.least:
                found.add(at + size)
        return found


def plainly(phrases: list[Phrase], text: str) -> list[set[tuple[int, int, int]]]:
    """For each sentence of a text, (number of a phrase, its first word, the word behind its last)."""
    found = []
    for sentence in re.finditer("[^.;]+", text):
        words = list(re.finditer("[^ ]+", sentence[0]))
        if not words:
            continue
        ends = [0, *(m.end() for m in words)]
        gaps = [0, *(m.start() - ends[n] for n, m in enumerate(words) if n), len(sentence[0]) - ends[-1]]
        naive = Naive([texts.without_ligatures(m[0]) for m in words], gaps)
        found.append(
            {
                (number, first, end)
                for number, phrase in enumerate(phrases)
                for first in range(len(words))
                for end in naive.ends(phrase, first)
            }
        )
    return found


@settings(max_examples=400)
@given(st.lists(_terms, min_size=1, max_size=4, unique=True), st.lists(_texts, min_size=1, max_size=6))
def test_a_walk_finds_what_a_plain_search_finds(terms: list[str], notes: list[str]) -> None:
    words = Choice(((Words(LIST),),), False)
    lexicon = Lexicon(lambda lemma: (), {"l": (words,)}, lambda word: 0.0)
    compiler = compiling.Compiler(lexicon)
    compiler.rule("sante-1", {"needs": {"near": terms}})
    program = Program(compiler.program({}, None))
    assert program.meta["rules"][0]["needs"]["near"] == list(range(len(terms)))
    phrases = [lexicon.parse(term) for term in terms]
    walker, vocabulary, root = Walker(program), Vocabulary(program), ROOTS.index("contexts")
    for note in notes:
        walked = [
            {
                (number, first, end)
                for first in range(len(s.words))
                for numbers, end in walker.phrases(s, first, root)
                for number in numbers
            }
            for s in sentences(note, vocabulary)
        ]
        assert walked == plainly(phrases, note)


def test_of_matches_at_one_word_the_longest_stands() -> None:
    rules = RULES.replace("en (longue)? maladie", "malade <0-2> chronique")
    found = matcher_of(small_files(rules, rewritten=False, **MORE)).find(
        "Il est malade, donc chronique, dit-on."
    )
    assert [(m.start, m.length) for m in found] == [(7, 22)]


# -- budgets: a change that raises one says so by another number ------------------------------------


def test_bytes_of_the_french_program() -> None:
    assert len(assets.shipped_program().content) <= 35_000_000


def test_steps_on_a_fixed_set(pack: assets.Pack) -> None:
    """Words looked at, of each example that the rules are told to leave alone."""
    looked = 0

    class Counted(list[int]):
        def __getitem__(self, at: object) -> int:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return super().__getitem__(at)  # type: ignore[call-overload, no-any-return]

    program = assets.shipped_program()
    walker, vocabulary = Walker(program), Vocabulary(program)
    read = 0
    for note in [note for rule in pack.rules for note in rule.allowed[:1]]:
        for sentence in sentences(texts.skeleton(texts.fold(note)), vocabulary):
            read += len(sentence.words)
            sentence.classes = Counted(sentence.classes)
            for first in range(len(sentence.words)):
                walker.phrases(sentence, first, ROOTS.index("terms"))
    assert read > 1000
    assert looked / read <= 10, looked / read


LINT = """
import runpy, sys
sys.argv = ["motjuste", "lint", "-"]
try:
    runpy.run_module("motjuste", run_name="__main__")
finally:
    status = open("/proc/self/status").read()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    heavy = {"numpy", "numba", "spacy", "sklearn", "sqlglot", "psycopg", "motjuste.rulepack.rules", "motjuste.rulepack.compile"} & sys.modules.keys()
    sys.stderr.write(f"{peak} {len([m for m in sys.modules if m.split('.')[0] == 'motjuste'])} {sorted(heavy)}")
"""


def test_memory_and_modules_of_lint(tmp_path: Path) -> None:
    assets.matcher()  # the program is there
    (tmp_path / "motjuste.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", LINT],
        input="Client alcoolique.\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1 and "alcoolique" in done.stdout, done.stderr
    kilobytes, modules, heavy = done.stderr.split(" ", 2)
    assert heavy == "[]"
    assert int(kilobytes) < 90_000
    assert int(modules) <= 60
