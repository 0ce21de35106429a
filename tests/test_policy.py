"""A policy's rules, profile and levels at work: every command and the database use the pack that they make."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HEAD, finder, shipping, small_pack
from motjuste import assets, config
from motjuste.cli import policy
from motjuste.cli.main import motjuste
from motjuste.db import connection, install, reading, watching
from motjuste.errors import ConfigError, MotjusteError, RuleError
from motjuste.model import Change
from motjuste.rulepack import rules
from motjuste.rulepack.overrides import Choices, tailored
from test_own import LISTS, PROFILES, SHIPPED, loaded

POLICY = """
[rules]
files = ["rules/*.toml"]
profile = "insurer"
levels = { "jugement-bete" = "block" }

[[rules.disable]]
rule = "ss-decouvert"
reason = "nous tenons le compte"
"""
HOUSE = """
[[rule]]
id = "maison-grincheux"
category = "jugement"
why = "Mot de la maison pour un client difficile."
match = ["zgrougnon(s)"]
examples = [{ bad = "Client [[zgrougnon]], rappeler lundi.", fixed = "Rappeler lundi." }]
allowed = ["Client content."]
"""

# of the manual: the settings, and a file of one's own
SETTINGS, MANUAL = (
    next(b for b in re.findall(r"```toml\n(.*?)```", assets.read("rules", "README.md"), re.S) if mark in b)
    for mark in ("disable =", "[[extend]]")
)

# the manual's own words, lists and rule, without what it adds to the list and the rule that ship with motjuste: for that all rules that
# name the list are compiled again, and one test does it
LIGHT = re.sub(r"^proche = .*\n", "", MANUAL.partition("[[extend]]")[0], flags=re.M)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the tests of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy and a rule file, which is compiled once for all tests, where the test runs."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "motjuste.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "rules" / "maison.toml").write_text(LIGHT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_house(house: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, over a small shipped pack, which compiles at once, and a cache of its own; for what runs in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    french = assets.read("rules", "fr", "rewriting.toml")  # by which the proposals of examples are made
    texts = {"sante.toml": SHIPPED, "lists.toml": LISTS, "profiles.toml": PROFILES, "rewriting.toml": french}
    policy_text = POLICY.replace("insurer", "clinic").replace("jugement-bete", "sante-nombre")
    (house / "motjuste.toml").write_text(
        policy_text.replace("ss-decouvert", "sante-malade"), encoding="utf-8"
    )
    own = HOUSE.replace('"jugement"', '"sante"')
    (house / "rules" / "maison.toml").write_text(own, encoding="utf-8")
    with shipping(texts):
        yield house


def run(*arguments: str, note: str = "") -> subprocess.CompletedProcess[str]:
    """One run of the command; never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "motjuste", *arguments], input=note, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    return done


def test_every_command_uses_the_pack_of_the_policy(house: Path) -> None:
    done = run("lint", note="Client zgrougnon, à découvert, alcoolique.\n")
    assert done.returncode == 1
    assert "maison-surnom [watch]" in done.stdout and "sante-alcool [watch]" in done.stdout
    assert "ss-decouvert" not in done.stdout
    assert "ss-decouvert" not in run("rules", "list").stdout
    assert "rules/maison.toml:7" in run("rules", "show", "maison-surnom").stdout
    assert run("explain", "un zgrougnon").returncode == 1
    sub = house / "deep" / "er"
    sub.mkdir(parents=True)
    for where in (sub, house):  # the files are seen from the policy's folder, not from here
        done = subprocess.run(
            [sys.executable, "-m", "motjuste", "explain", "un zgrougnon"], cwd=where, capture_output=True
        )
        assert done.returncode == 1


def test_the_compiled_pack_is_kept_and_made_again_when_a_file_changes(small_house: Path, cache: Path) -> None:
    first = policy.pack()
    kept = {f.name: f.stat().st_ino for f in (cache / "motjuste").iterdir()}
    assets.pack.cache_clear()
    assert policy.pack() == first
    assert {f.name: f.stat().st_ino for f in (cache / "motjuste").iterdir()} == kept
    own, settings = small_house / "rules" / "maison.toml", small_house / "motjuste.toml"
    own.write_text(own.read_text(encoding="utf-8").replace("zgrougnon", "zgromphe"), encoding="utf-8")
    second = policy.pack()
    finds = policy.matcher()
    assert finds.find("un zgromphe") and not finds.find("un zgrougnon")
    settings.write_text(settings.read_text(encoding="utf-8").replace('"block"', '"watch"'), encoding="utf-8")
    third = policy.pack()
    assert len({assets.pack().digest, first.digest, second.digest, third.digest}) == 4
    assert first.version == assets.pack().version + "+policy"


def test_whether_the_shipped_rules_are_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assets.shipped_program()
    assert assets.is_compiled()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    in_wheel = (files("motjuste") / "built" / "fr.program").is_file()
    assert assets.is_compiled() == in_wheel


def test_the_cache_holds_a_few_packs_only(
    small_house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    kept = tmp_path / "other" / "motjuste"
    shipped = assets.pack()
    [first] = kept.iterdir()
    left = [kept / "tmpold", kept / "tmpnew"]  # by processes that were killed, or are at it
    for made in (*left, *(kept / f"own-fr-{n}.json" for n in range(assets.KEPT + 2))):
        made.write_text("{}")
    os.utime(left[0], (0, 0))
    os.utime(first, (0, 0))
    with (small_house / "rules" / "maison.toml").open("a", encoding="utf-8") as file:
        file.write("# again\n")
    again = policy.pack()
    names = {f.name for f in kept.iterdir() if f.suffix != ".program"}
    assert len(names) == assets.KEPT + 2
    assert {first.name, "tmpnew"} < names  # own packs come and go, the shipped one stays
    monkeypatch.setattr(rules, "load", None)  # the newest is among them: nothing is compiled
    assets.pack.cache_clear()
    assert policy.pack() == again and assets.pack() == shipped


def test_install_writes_the_pack_of_the_policy(house: Path) -> None:
    script = run("install", "--sql").stdout
    assert "maison-surnom\tjugement\twatch" in script
    assert "sante-alcool\tsante\twatch" in script and "ss-decouvert" not in script
    assert policy.pack().digest in script


def test_the_database_answers_as_the_policy_says(dsn: str) -> None:
    note = "truc malade, code 12345"
    with connection.connect(dsn) as conn:

        def answers(choices: Choices) -> list[tuple[str, str]]:
            pack = replace(tailored(loaded(), choices), digest=repr(choices))
            matcher = finder(loaded()).with_pack(pack)
            assert install.install(conn, matcher)
            assert not install.install(conn, matcher)  # again: nothing to do
            return conn.execute(
                "select rule_id, level from motjuste.check(%s) order by start", [note]
            ).fetchall()

        usual = [("maison-truc", "block"), ("sante-malade", "block"), ("sante-nombre", "watch")]
        assert answers(Choices()) == usual
        assert answers(Choices(profile="bank")) == [usual[0], usual[2]]
        assert answers(Choices(profile="clinic")) == [(rule, "watch") for rule, _ in usual]
        assert answers(Choices(changes=(Change("sante", "off"),))) == []


def test_status_tells_that_the_database_has_other_rules(dsn: str, small_house: Path) -> None:
    with connection.connect(dsn) as conn:
        install.install(conn, finder(loaded()))
        conn.execute("create table public.note (id int primary key, body text)")
        watching.attach(conn, reading.parse_name(conn, "public.note.body"), "flag", author="", subject="")
    run = CliRunner().invoke
    other = run(motjuste, ["status", "--dsn", dsn])
    assert other.exit_code == 1 and "other rules than" in other.stderr
    assert run(motjuste, ["install", "--dsn", dsn]).exit_code == 0
    same = run(motjuste, ["status", "--dsn", dsn])
    assert same.exit_code == 0 and same.stderr == ""


def test_own_rules_whose_examples_do_not_hold_are_refused_by_every_command(small_house: Path) -> None:
    own = small_house / "rules" / "maison.toml"
    text = own.read_text(encoding="utf-8").replace("[[zgrougnon]]", "zgrougnon [[ici]]")
    own.write_text(text.replace("Client content", "Client zgrougnon"), encoding="utf-8")
    for command in (["lint"], ["rules", "list"], ["install", "--sql"]):
        done = CliRunner().invoke(motjuste, command, input="Client content.\n")
        assert isinstance(done.exception, RuleError) and done.exception.hint
        lines = done.exception.message.splitlines()
        assert len(lines) == 2 and all("rules/maison.toml:3: maison-grincheux: " in line for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[rules]\nfiles = ["none/*.toml"]', "no rule file at 'none/*.toml'"),
        ("[rules]\nfiles = 3", "`files` must be a list"),
        ("rules = 3", "motjuste.toml:1: `rules` must be a table"),
        ('[rules]\n\nfile = ["a"]', "unknown setting `file`"),
        ('[rules]\nlevels = { sante = "off" }', "motjuste.toml:2: no level 'off'"),
        ("[rules]\nlevels = 3", "motjuste.toml:2: `levels` must be a table"),
        ('[rules]\ndisable = [\n"sante-malade"]', "motjuste.toml:3: a rule is switched off with a reason"),
        ('[[rules.disable]]\nrule = "sante-malade"', "motjuste.toml:1: `reason` is missing"),
        ('[rules.levels]\nsante = "watch"\n"sante-malad" = "watch"', "motjuste.toml:3: no rule or category 'sante-malad'"),
        ('profile = "bank"\n[rules]\nprofile = "bank"', "motjuste.toml:3: the profile is set twice"),
        ('\n\nprofile = "banque"', "motjuste.toml:3: no profile 'banque'; did you mean 'bank'"),
        ('\n[rules]\nprofile = "banque"', "motjuste.toml:3: no profile 'banque'; did you mean 'bank'"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_refused(small_house: Path, text: str, message: str) -> None:
    (small_house / "motjuste.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MotjusteError) as refused:
        policy.pack()
    assert message in refused.value.message
    assert refused.value.hint


def test_the_environment_chooses_the_profile_over_the_file(
    small_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert policy.pack().profile == "clinic"
    monkeypatch.setenv("MOTJUSTE_PROFILE", "bank")
    assert policy.pack().profile == "bank"
    monkeypatch.setenv("MOTJUSTE_PROFILE", "bang")
    with pytest.raises(ConfigError, match="MOTJUSTE_PROFILE: no profile 'bang'; did you mean 'bank'"):
        policy.pack()


def test_a_language_without_rules_is_refused() -> None:
    with pytest.raises(MotjusteError, match="no rules in the language 'de'") as refused:
        assets.pack("de")
    assert "fr" in refused.value.hint


def test_rules_that_cannot_be_read_are_named(house: Path) -> None:
    (house / "rules" / "zz.toml").write_bytes("why = 'é'".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"zz\.toml is not UTF-8"):
        policy.pack()


def test_a_small_pack_needs_no_shared_file() -> None:
    assert small_pack(SHIPPED[len(HEAD) :].replace('"@soin en cours"', '"cure en cours"')).profiles == {}


def test_what_the_manual_shows_is_true() -> None:
    read = config.parse(SETTINGS.replace('files = ["rules/*.toml"]', ""), "motjuste.toml")
    choices = Choices((("rules/maison.toml", MANUAL),), read.profile, changes=read.changes)
    matcher = assets.matcher("fr", choices)
    assert matcher.find("tonton opéré d'une hernie, zgrougnon") and matcher.pack.profile == "bank"
    campaign = "Opération à coeur ouvert, rappeler lundi."
    assert "sante-operation" in {m.rule for m in assets.matcher().find(campaign)}
    assert matcher.find(campaign) == []
