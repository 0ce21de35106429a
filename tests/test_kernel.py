"""The kernel in C and the reference in Python: one answer on any text; and what becomes of bad input."""

from __future__ import annotations

import fcntl
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import unicodedata
from array import array
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import finder
from motjuste import assets
from motjuste.engine import kernel
from motjuste.engine.kernel import FIELDS, Kernel
from motjuste.engine.matcher import Matcher
from motjuste.engine.program import FORMAT
from motjuste.model import Change, Match, Pack
from motjuste.rulepack.overrides import Choices
from motjuste.rulepack.raw import CLOSE, OPEN
from test_corpus import answers, spread
from test_own import loaded
from test_parity import NOTE
from test_plain import ODD

ROOT = Path(__file__).parents[1]
KERNEL = ROOT / "toolkit" / "kernel"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`motjuste._kernel`, built from this checkout, once for all workers."""
    sys.path.insert(0, str(KERNEL))
    import build

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kernel-built"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (path := folder / build.NAME).exists():
            folder.mkdir(exist_ok=True)
            path = build.build(folder, "-Werror")
    loader = ExtensionFileLoader("motjuste._kernel", str(path))
    spec = spec_from_file_location("motjuste._kernel", path, loader=loader)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def matcher() -> Matcher:
    return assets.matcher()


@pytest.fixture(scope="session")
def shipped(built: Any) -> Kernel:
    return Kernel(built, matcher())


def differences(found: Kernel, texts: list[str], by: Matcher | None = None) -> list[Any]:
    """The texts on which the kernel and the reference differ, with both answers."""
    both = ((text, found.find(text), (by or matcher()).reference(text)) for text in texts)
    return [one for one in both if one[1] != one[2]]


# -- equal answers -----------------------------------------------------------------------------------


@pytest.mark.corpus
def test_same_answer_on_the_corpus_and_on_every_example(shipped: Kernel) -> None:
    texts = [n.text for part in ("tune", "check") for n, _ in answers(part)]
    texts = [*spread(texts, 1_500)]
    rules = assets.pack().rules
    texts += spread([e.text for r in rules for e in r.bad] + [t for r in rules for t in r.allowed], 1_000)
    assert differences(shipped, texts) == []
    found = shipped.find_all(texts)
    assert found == [shipped.find(text)[0] for text in texts] and sum(map(bool, found)) > 400


@given(NOTE | ODD)
@settings(max_examples=500)
def test_same_answer_on_any_text(shipped: Kernel, text: str) -> None:
    assert differences(shipped, [text]) == []


_RAW = [
    st.from_regex(one["pattern"].removeprefix(OPEN).removesuffix(CLOSE), fullmatch=True, alphabet="abcdefghijklmnopqrstuvwxyzœæé0123456789 .,:/'=*@-#\n")
    for rule in matcher().parts[0].told for one in rule["raw"]
]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_RAW).flatmap(lambda s: s), st.sampled_from(["", " ", ", ", "s", "1", ". "])
        ),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=250)
def test_same_answer_on_what_the_expressions_match(shipped: Kernel, parts: list[tuple[str, str]]) -> None:
    assert differences(shipped, ["".join(text + after for text, after in parts)]) == []


@given(st.lists(st.sampled_from([
    *"abcdéœ.,;:!?«»“”\"'’-–()*&#1 \n\t", "\u00a0", "\u0301", "M. ", "Mme Le Goff", "Éric ", "dit « ", "le con", "alcoolique", " Bâtard", "la cliente ", "dr", "…", "\u200b",
    "un voleur", "raciste", "chez ", " folle", "&nbsp;", "Vieux ", "est",
]), max_size=16).map("".join))  # fmt: skip
@settings(max_examples=400)
def test_same_answer_on_names_and_quotations(shipped: Kernel, text: str) -> None:
    assert differences(shipped, [text]) == []


def test_same_answer_under_a_policy(built: Any) -> None:
    choices = Choices(
        changes=(Change("sante", "watch"), Change("sante-alcool", "off"), Change("injure", "watch"))
    )
    found = assets.matcher("fr", choices)
    texts = spread([n.text for n, m in answers("check") if m], 150)
    mine = Kernel(built, found)
    assert differences(mine, [*texts, "Client alcoolique, un con, un c*n."], found) == []
    assert sum(map(len, mine.find_all(texts))) > 80


@given(st.lists(st.sampled_from([
    "truc", "TRUCS", "dialyse", "maison", "en cours", "client", "patraque", "p***aque", "m*l*de", "malade", "compteur", "volontaire", "imaginaire", "code 12345",
    "code", "1234", "cure", "mala\u0301de", "d.i.a", "t r u c", ".", ",", "\n", "maaaalade",
]), max_size=9).map(" ".join))  # fmt: skip
def test_same_answer_with_rules_of_ones_own(built: Any, text: str) -> None:
    """A small pack, which has no weights, and a user's rules beside it."""
    found = finder(own_pack())
    assert differences(own_kernel(built), [text], found) == []


@cache
def own_pack() -> Pack:
    return loaded()


@cache
def own_kernel(built: Any) -> Kernel:
    return Kernel(built, finder(own_pack()))


@pytest.mark.parametrize("text", [
    "", "\0", "a\0b alcoolique\0", "\ud800 alcoolique \udfff", "&#xD800; con", "الزبون alcoolique שלום", "👩\u200d👧 alcoolique 😀" * 50,
    "&amp;" * 2_000 + "lt;", "&#" + "0" * 5_000 + "233;", "c" + "*" * 5_000 + "n", "a.b.c. " * 1_000, "«" * 3_000 + "con" + "»" * 3_000, "Œ" * 5_000,
    "aaaaalcooolique " * 300, "a l c o o l i q u e " * 300, "x_y" * 2_000, "M. " * 2_000 + "Con", "1 " * 3_000, "code 1234 " * 400, "mdp : " * 500 + "azerty12",
    "\u0301" * 3_000 + "alcoolique", "Client alcoolique. " * 300, "con\n" * 500, '"' * 2_001 + "con" + '"', "- " * 3_000, "e\u0301" * 2_000,
], ids=lambda text: ascii(text[:12]))  # fmt: skip
def test_same_answer_on_hostile_texts(shipped: Kernel, text: str) -> None:
    assert differences(shipped, [text]) == []


def test_a_text_of_ten_megabytes(shipped: Kernel) -> None:
    """What stands at its end is found, at its place in characters; a text ten times as long takes some ten times as long."""

    def seconds(times: int) -> float:
        text = "Téléphoné à l’agence, dossier complet envoyé. " * times + "Client alcoolique."
        start = time.process_time()
        found, _ = shipped.find(text)
        assert found[-1] == Match(len(text) - 11, 10, "sante-alcool", "sante", "block")
        return time.process_time() - start

    small = min(seconds(22_000) for _ in range(3))
    assert seconds(220_000) < 60 * small


@pytest.mark.corpus
def test_what_it_keeps_of_other_texts_changes_nothing(built: Any) -> None:
    """It keeps words and the steps of expressions: more of them than there is room for, and of any texts, in any order."""
    draw = random.Random(3)

    def words(count: int) -> str:
        return " ".join("".join(draw.choices("aeilnorst01.-", k=draw.randint(1, 9))) for _ in range(count))

    texts = [n.text for n, _ in spread(answers("check"), 300)]
    texts += [
        f"acces {words(40)} code {words(40)} {draw.choice(('pass', 'carte', 'un'))} {words(20)}"
        for _ in range(400)
    ]
    found = Kernel(built, matcher()).find_all(texts)
    assert [*reversed(Kernel(built, matcher()).find_all([*reversed(texts)]))] == found
    assert sum(map(bool, found)) > 60 and len({word for text in texts for word in text.split()}) > 17_000


# -- long notes ----------------------------------------------------------------------------------------


def long_note(kind: str, size: int) -> str:
    """A note of so many characters: other notes after one another, or words of one kind."""
    notes = [n.text for n, found in answers("check") if found or kind != "with findings"]
    if kind == "misspelt":
        notes = [re.sub("([a-z])([a-z])([a-z]{2})", r"\2\1\3", text) for text in notes]
    varied = ("\n" if kind == "lines" else " ").join(notes)
    text = {
        "one ligature": varied.replace("œ", "oe"),
        "accents apart": unicodedata.normalize("NFD", varied),
        "no spaces": varied.replace(" ", ""),
        "digits": "8765 0123 49 ",
        "masked": "c*n ",
        "apart": "a-a-",
        "repeated": "Client alcoolique. ",
    }.get(kind, varied)
    text = (text * (size // len(text) + 1))[:size]
    return text.replace("x", "œ", 1) if kind == "one ligature" else text


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("kind", "steps", "memory"),
    [
        ("varied", 3, 110), ("lines", 3, 110), ("with findings", 4, 120), ("one ligature", 3, 110), ("misspelt", 7, 200), ("accents apart", 8, 300),
        ("no spaces", 3, 100), ("digits", 6, 120), ("masked", 20, 900), ("apart", 3, 300), ("repeated", 12, 130),
    ],
)  # fmt: skip
def test_a_long_note_takes_steps_and_memory_by_its_length(
    built: Any, kind: str, steps: float, memory: float
) -> None:
    """Steps a character are as many in a long note as in a short one; no clock is looked at. Nor is more memory taken than for what is read."""

    def a_character(size: int) -> tuple[float, float]:
        kernel = Kernel(built, matcher())
        kernel.find(long_note(kind, size))
        done, most = kernel.work()
        return done / size, most / size

    short, long = a_character(10_000), a_character(600_000)
    assert long[0] < steps and long[0] < 1.4 * short[0], (short, long)
    assert long[1] < memory, (short, long)


@pytest.mark.corpus
def test_same_answer_on_long_notes(shipped: Kernel) -> None:
    """Of which other readings have only what is near the words that differ."""
    draw = random.Random(27)
    notes = [n.text for n, _ in spread(answers("check"), 1_000)]
    odd = [
        "un alc oolique", "le cleint alcolique", "un con nard", "un coooonnard", "s.d.f", "c o n n a r d", "alcoo_lique", '"', "« un connrad »", "code œ: 4321",
        "mot de passe : soleil12", "carte 4970 1012 3456 7893 puis 12/27 crypto 123", "M. Cancer", "e\u0301", " " * 700, "!", "с", "&eacute;",
    ]  # fmt: skip
    texts = []
    for n in range(12):
        parts: list[str] = []
        while sum(map(len, parts)) < 5_000:
            parts.append(draw.choice(odd if draw.random() < 0.05 else notes))
        text = draw.choice((" ", "\n", ". ", "")).join(parts)
        texts.append(text.replace(".", "") if n % 6 == 5 else text)
    assert differences(shipped, texts) == []
    assert sum(len(shipped.find(text)[0]) for text in texts) > 50


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("client alcolique", "block"), ("un alc oolique", "block"), ("un co_nnard", "block"), ("c o n n a r d", "block"), ("un coooonnard", "watch"),
        ("un c.o.n", "block"), ("« un connrad »", "watch"),
    ],
)  # fmt: skip
def test_what_another_reading_says_is_found_anywhere_in_a_long_note(
    shipped: Kernel, words: str, level: str
) -> None:
    other = "Le client « pressé » rappelle, envoi du dossier complet par la poste. " * 40
    text = f"{words}. {other}{words}. {other}{words}."
    found = shipped.find(text)[0]
    at = [m.start for m in found]
    assert len(found) == 3 and at[1] - at[0] == at[2] - at[1] == len(words) + 2 + len(other)
    assert {m.level for m in found} == {level} and matcher().reference(text)[0] == found


# -- what is told beside ------------------------------------------------------------------------------


def test_columns_are_what_is_found(shipped: Kernel) -> None:
    texts = ["Client alcoolique, un con.", "rien", "cas social alcoolique"]
    rows = memoryview(shipped.columns(texts)).cast("i")
    assert len(rows) % FIELDS == 0
    ids = sorted(r.id for r in matcher().pack.rules)
    told = [(rows[at], rows[at + 1], ids[rows[at + 3]]) for at in range(0, len(rows), FIELDS)]
    assert told == [(n, m.start, m.rule) for n, found in enumerate(shipped.find_all(texts)) for m in found]
    assert {0, 2} == {n for n, _, _ in told}


def test_other_threads_run_meanwhile(shipped: Kernel) -> None:
    turns = 0
    done = threading.Event()

    def turn() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=turn)
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody takes the lock from who holds it
    thread.start()
    try:
        at = turns
        shipped.find("Téléphoné à l’agence, dossier complet envoyé. " * 60_000)
        assert turns > at + 5
    finally:
        done.set()
        sys.setswitchinterval(before)
        thread.join()


def test_threads_share_a_kernel(shipped: Kernel) -> None:
    texts = [n.text for n, _ in spread(answers("check"), 400)]
    expected = shipped.find_all(texts)
    found: list[Any] = [None] * 4

    def work(n: int) -> None:
        found[n] = [shipped.find_all(texts) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[expected] * 3] * 4


def test_what_is_no_text_or_no_program_is_refused(built: Any) -> None:
    program, told = bytes(matcher().parts[0].program.content), kernel.settings(matcher())
    with pytest.raises(TypeError):
        built.Kernel(program, b"", told).find([1])
    with pytest.raises(TypeError):
        built.Kernel(program, b"")
    for bad, why in (
        ((b"", b"", told), "no program"), ((b"x" * 200, b"", told), "no program"), ((program[:5_000], b"", told), "damaged"),
        ((program, b"", told[:300]), "damaged"), ((program, b"", program), "damaged"), ((program, program[:4_000], told), "damaged"),
        ((program[:8] + struct.pack("<I", FORMAT + 1) + program[12:], b"", told), "another format"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            built.Kernel(*bad)


def test_the_tables_of_characters_are_those_of_python() -> None:
    done = subprocess.run(
        [sys.executable, KERNEL / "make_characters.py"], capture_output=True, check=True, env={**os.environ, "PYTHONUTF8": "1"}
    )  # fmt: skip
    assert done.stdout.decode() == (KERNEL / "characters.h").read_text(encoding="utf-8")


# -- which executor runs ------------------------------------------------------------------------------


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the package that stands in a folder."""
    told = {k: v for k, v in os.environ.items() if k not in ("MOTJUSTE_EXECUTOR", "MOTJUSTE_KERNEL")}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, input="Client alcoolique.\n",
        env={**told, "PYTHONPATH": str(folder / "toolkit"), **environment},
    )  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout without a built kernel."""
    shutil.copytree(
        ROOT / "toolkit" / "motjuste",
        tmp_path / "toolkit" / "motjuste",
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )
    for folder in ("rules", "sql", "migrations"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def test_a_checkout_without_a_kernel_goes_on_in_python(bare: Path) -> None:
    assert run(bare, "-m", "motjuste", "--version").stdout.endswith("(reference)\n")
    without = run(bare, "-m", "motjuste", "lint")
    assert without.returncode == 1 and "sante-alcool" in without.stdout and without.stderr == ""
    refused = run(bare, "-m", "motjuste", "lint", MOTJUSTE_KERNEL="require")
    assert refused.returncode == 2 and "make kernel" in refused.stderr
    made = run(bare, str(KERNEL / "build.py"), str(bare / "toolkit" / "motjuste"))
    assert made.returncode == 0, made.stderr
    assert run(bare, "-m", "motjuste", "--version", MOTJUSTE_KERNEL="require").stdout.endswith("(kernel)\n")
    assert run(bare, "-m", "motjuste", "lint").stdout == without.stdout
    forced = run(bare, "-m", "motjuste", "--version", MOTJUSTE_EXECUTOR="reference")
    assert forced.stdout.endswith("(reference)\n")


def test_a_kernel_of_another_format_is_left_alone(bare: Path) -> None:
    program = bare / "toolkit" / "motjuste" / "_kernel.py"
    program.write_text(f"FORMAT = {FORMAT + 1}\n")
    assert run(bare, "-m", "motjuste", "--version").stdout.endswith("(reference)\n")
    assert run(bare, "-m", "motjuste", "lint").returncode == 1


def test_no_compiler_is_said_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, str(KERNEL / "build.py"), str(tmp_path), CC="no-such-compiler")
    assert done.returncode == 1
    assert done.stderr == "the kernel is not built: there is no C compiler no-such-compiler\n"


def test_an_interrupt_ends_a_long_text(built: Any, tmp_path: Path) -> None:
    (tmp_path / "told").write_bytes(kernel.settings(matcher()))
    (tmp_path / "program").write_bytes(matcher().parts[0].program.content)
    script = (
        "import sys\nfrom importlib.util import *\n"
        f"spec = spec_from_file_location('motjuste._kernel', {built.__file__!r})\n"
        "module = module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "found = module.Kernel(open('program', 'rb').read(), b'', open('told', 'rb').read())\n"
        "text = 'Client alcoolique et voleur, code 1234. ' * 800_000\n"
        "print('now', flush=True)\nfound.find([text] * 50)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stdout and waiting.stderr
        waiting.stdout.readline()
        time.sleep(0.5)
        start = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        told = waiting.stderr.read()
    assert "KeyboardInterrupt" in told and time.monotonic() - start < 5


# -- under sanitizers ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The driver of fuzz.c under AddressSanitizer and UBSan, with what it reads."""
    folder = tmp_path_factory.mktemp("fuzz")
    texts = [n.text for part in ("tune", "check") for n, _ in answers(part)]
    texts = [*spread(texts, 600), *spread([e.text for r in assets.pack().rules for e in r.bad], 500)]
    odd = [
        b"", b"\0", b"a\0b", b"\xed\xa0\x80con", b"caf\xc3", b"\xe2\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", "שלום con ".encode() * 99, "😀".encode() * 999,
        b"Client alcoolique. " * 4_000, b"&amp;" * 9_999, b"c*****n " * 999, b"code 1 " * 999, b"a.b.c." * 999, "Œ".encode() * 9_999, b'"' * 9_999,
    ]  # fmt: skip
    encoded = [*(text.encode() for text in texts), *odd]
    (folder / "texts").write_bytes(b"".join(struct.pack("<I", len(one)) + one for one in encoded))
    (folder / "program").write_bytes(matcher().parts[0].program.content)
    (folder / "settings").write_bytes(kernel.settings(matcher()))
    flags = [
        "-std=c11",
        "-g",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    ]
    sources = [str(KERNEL / "fuzz.c"), str(KERNEL / "kernel.c")]
    subprocess.run([os.environ.get("CC", "cc"), *flags, *sources, "-o", str(folder / "fuzz")], check=True)
    yield folder


@pytest.mark.corpus
def test_no_text_and_no_damage_makes_it_read_elsewhere(fuzz: Path) -> None:
    """Some seconds of it; MOTJUSTE_FUZZ says how many, MOTJUSTE_FUZZ_SEED where they begin."""
    seconds, seed = os.environ.get("MOTJUSTE_FUZZ", "6"), os.environ.get("MOTJUSTE_FUZZ_SEED", "1")
    done = subprocess.run(
        [fuzz / "fuzz", "program", "settings", "texts", seconds, seed],
        cwd=fuzz,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr[:3_000]
    told = [int(word) for word in done.stdout.replace(",", " ").replace(";", " ").split() if word.isdigit()]
    assert len(told) == 6 and told[0] > 900 and min(told[1:]) > 0, done.stdout


def test_rows_are_read_as_they_are_written() -> None:
    """The module and Python mean the same integers."""
    assert array("i").itemsize == 4
