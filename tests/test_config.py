"""The policy file: reading, precedence, writing, and what a wrong one is told."""

from __future__ import annotations

import os
import pwd
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from motjuste import config
from motjuste.cli import policy
from motjuste.cli.main import motjuste
from motjuste.config import Check, Config, Exempt, Watch
from motjuste.errors import ConfigError
from motjuste.model import Column

WHOLE = """
language = "fr"
profile = "bank"
schemas = ["crm", "support"]
mode = "warn"

[[watch]]
relation = 'crm."Bloc;Note"'
column = "texte"
mode = "block"
author = "agent"
subject = "client_id"

[[watch]]
relation = "support.appel"
column = "details"
json_key = "note"

[[exempt]]
column = "crm.produit.description"
reason = "catalogue"
owner = "dpo@example.org"
until = 2027-12-31
"""


def test_reads_every_setting() -> None:
    read = config.parse(WHOLE, "motjuste.toml")
    assert read == Config(
        language="fr",
        profile="bank",
        schemas=("crm", "support"),
        mode="warn",
        watches=(
            Watch('crm."Bloc;Note"', "texte", mode="block", author="agent", subject="client_id"),
            Watch("support.appel", "details", json_key="note"),
        ),
        exempts=(Exempt("crm.produit.description", "catalogue", "dpo@example.org", date(2027, 12, 31)),),
    )
    assert [read.mode_of(w) for w in read.watches] == ["block", "warn"]


def test_what_the_check_follows() -> None:
    read = config.parse(
        '[check]\nmin_score = 80\ntool = "flyway"\nexclude = ["seeds"]\n[check.variables]\nschema = "crm"\n',
        "motjuste.toml",
    )
    assert read.check == Check(80, "flyway", ("seeds",), (("schema", "crm"),))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("min_score = 101", "`min_score` is a number from 0 to 100"),
        ("min_score = true", "`min_score` is a number from 0 to 100"),
        ("exclude = 'a'", "`exclude` must be a list"),
        ("variables = { a = 1 }", "`variables` must be names with texts"),
        ("minscore = 1", "unknown setting `minscore`"),
    ],
)
def test_what_the_check_does_not_follow(said: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        config.parse(f"[check]\n{said}\n", "motjuste.toml")


def test_template_is_the_default() -> None:
    assert config.parse(config.TEMPLATE, "motjuste.toml") == Config()


def test_commented_examples_of_the_template_are_valid() -> None:
    lines = [line[2:] if line.startswith("# ") else line for line in config.TEMPLATE.splitlines()]
    settings = [line for line in lines if line.startswith(("[[", "[team", "relation", "column", "json_key", "mode = \"block", "author", "name", "from", "to =", "subject", "reason", "owner", "until", "profile"))]  # fmt: skip
    read = config.parse("\n".join(settings), "motjuste.toml")
    assert len(read.watches) == len(read.exempts) == len(read.links) == 1
    assert read.profile == "bank"


def test_the_template_stays_valid_when_everything_in_it_is_uncommented() -> None:
    setting = re.compile(r"# (\[|[a-z_]+ = )")
    lines = [line[2:] if setting.match(line) else line for line in config.TEMPLATE.splitlines()]
    read = config.parse("\n".join(lines), "motjuste.toml")
    assert read.mode == "flag" and read.profile == "bank" and read.rule_files == ("rules/*.toml",)
    assert [(c.target, c.level) for c in read.changes] == [
        ("jugement-bete", "block"), ("situation_sociale", "watch"), ("ss-decouvert", "off"),
    ]  # fmt: skip
    assert read.changes[2].where.startswith("motjuste.toml:")


def test_flag_then_environment_then_file_then_default() -> None:
    file = config.parse('mode = "warn"\nschemas = ["a"]', "motjuste.toml")
    environ = {"MOTJUSTE_MODE": "block", "MOTJUSTE_SCHEMAS": "b, c"}
    assert config.override(file, {}).mode == "warn"
    assert config.override(file, environ).mode == "block"
    assert config.override(file, environ).schemas == ("b", "c")
    assert config.override(file, environ, mode="mask", schemas=["d"]).mode == "mask"
    assert config.override(file, environ, mode="mask", schemas=["d"]).schemas == ("d",)
    assert config.override(Config(), {}).language == "fr"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mode = ", "not valid TOML"),
        ("mode = " + "[" * 5000 + "]" * 5000, "no policy is written so"),
        ("mode = " + "9" * 5000, "no policy is written so"),
        ('mode = "blok"', "no mode 'blok'"),
        ("mode = 3", "`mode` must be a text"),
        ('schemas = "crm"', "`schemas` must be a list"),
        ('watch = "x"', "`watch` must be tables"),
        ('languages = "fr"', "unknown setting `languages`"),
        ('[[watch]]\nrelation = "a.b"', "watch 1: `column` is missing"),
        ('[[watch]]\nrelation = "a.b"\ncolumn = " "', "watch 1: `column` is missing"),
        ('[[watch]]\nrelation = "a.b"\ncolumn = "c"\nmodes = "flag"', "watch 1: unknown setting `modes`"),
        (
            '[[watch]]\nrelation = "a.b"\ncolumn = "c"\n[[watch]]\nrelation = \'"a".B\'\ncolumn = "c"\nmode = "block"',
            'watch 2: "a".B.c is watched by watch 1 already',
        ),
        ('[[exempt]]\ncolumn = "a"\nreason = "b"\nowner = "c"', "exempt 1: `until` must be a date"),
        ('[[exempt]]\ncolumn = "a"\nowner = "c"\nuntil = 2027-01-01', "exempt 1: `reason` is missing"),
    ],
)
def test_wrong_file_names_place_and_way_out(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "motjuste.toml")
    assert told in caught.value.message
    assert "motjuste.toml" in caught.value.message
    assert caught.value.hint


def test_misspelt_setting_is_guessed() -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse('languages = "fr"', "motjuste.toml")
    assert caught.value.hint == "did you mean `language`?"


def test_wrong_mode_in_the_environment() -> None:
    with pytest.raises(ConfigError, match="MOTJUSTE_MODE"):
        config.override(Config(), {"MOTJUSTE_MODE": "no"})


def test_pyproject() -> None:
    text = '[tool.motjuste]\nmode = "warn"\n'
    assert config.parse(text, "/x/pyproject.toml").mode == "warn"
    added = config.add(text, "/x/pyproject.toml", [Watch("a.b", "c")])
    assert config.parse(added, "/x/pyproject.toml").watches == (Watch("a.b", "c"),)
    with pytest.raises(ConfigError, match="must be a table"):
        config.parse("tool.motjuste = 3", "pyproject.toml")


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(names, names, names, names), unique=True))
def test_any_name_survives_writing_and_reading(columns: list[tuple[str, str, str, str]]) -> None:
    watches = [config.watch(Column(s, t, n, json_key=k)) for s, t, n, k in columns]
    text = config.add(config.TEMPLATE, "motjuste.toml", watches)
    assert text.startswith(config.TEMPLATE)
    assert config.parse(text, "motjuste.toml").watches == tuple(watches)


def test_names_are_quoted_as_in_sql() -> None:
    assert config.watch(Column("crm", "client", "note")).relation == "crm.client"
    assert (
        config.watch(Column("crm", 'x"; drop table y; --', "note")).relation == 'crm."x""; drop table y; --"'
    )


def test_nearest_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOTJUSTE_CONFIG", raising=False)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "motjuste.toml").write_text('mode = "warn"')
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'")
    assert policy.find(deep) == tmp_path / "motjuste.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.motjuste]\nmode = 'mask'")
    assert policy.find(deep) == tmp_path / "a" / "pyproject.toml"
    (deep / "motjuste.toml").write_text('mode = "block"')
    assert policy.load(policy.find(deep)).mode == "block"
    monkeypatch.setenv("MOTJUSTE_CONFIG", str(tmp_path / "motjuste.toml"))
    assert policy.load(policy.find(deep)).mode == "warn"


@pytest.mark.parametrize("name", ["motjuste.toml", "pyproject.toml"])
def test_a_policy_that_somebody_put_in_our_way_is_not_used(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOTJUSTE_CONFIG", raising=False)
    mine = tmp_path / "shared" / "mine"
    mine.mkdir(parents=True)
    mine.parent.chmod(0o1777)  # as /tmp
    planted = mine.parent / name
    planted.write_text("mode = 'warn'" if name == policy.NAME else "[tool.motjuste]\nmode = 'warn'")
    assert policy.load(policy.find(mine)).mode == "warn"  # ours
    planted.chmod(0o666)
    with pytest.raises(ConfigError, match="others may write it"):
        policy.find(mine)
    planted.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(planted, pwd.getpwnam("nobody").pw_uid, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for start in (mine, mine.parent):
        with pytest.raises(ConfigError, match="others may write there") as refused:
            policy.load(policy.find(start))
        assert f"MOTJUSTE_CONFIG={planted}" in refused.value.hint
    planted.rename(tmp_path / "theirs")
    planted.symlink_to(tmp_path / "theirs")
    with pytest.raises(ConfigError):
        policy.find(mine)
    planted.unlink()
    (tmp_path / "theirs").rename(planted)
    mine.parent.chmod(
        0o755
    )  # a repository whose files are another account's, as in a container, is where we chose to be
    if os.geteuid() == 0:
        os.chown(mine.parent, pwd.getpwnam("nobody").pw_uid, -1)
    assert policy.find(mine.parent) == planted
    if os.geteuid() == 0:
        with pytest.raises(ConfigError):  # but not from a folder of our own in it
            policy.find(mine)
    monkeypatch.setenv("MOTJUSTE_CONFIG", str(planted))
    assert policy.load(policy.find(mine)).mode == "warn"


def test_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "motjuste.toml"
    file.write_bytes(b'mode = "\xe9"')
    with pytest.raises(ConfigError, match="not UTF-8"):
        policy.load(file)
    with pytest.raises(ConfigError, match="cannot read"):
        policy.load(tmp_path / "none.toml")


def test_a_file_of_an_editor_on_windows_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "motjuste.toml"
    file.write_bytes(b'\xef\xbb\xbfmode = "warn"\r\n')
    assert policy.load(file).mode == "warn"
    added = config.add(policy.read(file), str(file), [Watch("crm.client", "note")])
    policy.write(file, added)
    assert (
        file.read_bytes()
        == b'mode = "warn"\r\n\r\n[[watch]]\r\nrelation = "crm.client"\r\ncolumn = "note"\r\n'
    )
    assert policy.load(file).watches == (Watch("crm.client", "note"),)


def test_init_writes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(motjuste, ["init"]).exit_code == 0
    assert Path("motjuste.toml").read_text(encoding="utf-8") == config.TEMPLATE
    Path("motjuste.toml").write_text("mode = 'warn'")
    again = run.invoke(motjuste, ["init"])
    assert isinstance(again.exception, ConfigError)
    assert Path("motjuste.toml").read_text() == "mode = 'warn'"
    assert run.invoke(motjuste, ["init", "--force"]).exit_code == 0
    assert Path("motjuste.toml").read_text(encoding="utf-8") == config.TEMPLATE
