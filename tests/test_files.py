"""Files that others may have written, or may read: the rules' cache, the identity of an escrow, the key of the digests."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import small_matcher
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.db import contents, keyfile
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.rulepack import tables

NOTE = "Client alcoolique."


OWN = """
[[rule]]
id = "maison-surnom"
category = "sante"
why = "Un surnom."
match = ["zgrougnon"]
examples = [{ bad = "Client [[zgrougnon]], rappeler lundi.", fixed = "Rappeler lundi." }]
"""


def lint() -> Result:
    """`motjuste lint` as in a process of its own, which has read no rules yet."""
    for one in (assets.pack, assets.matcher, assets.own_programs):
        one.cache_clear()
    return CliRunner().invoke(motjuste, ["lint"], input="Client zgrougnon.")


def test_rows_of_the_cache_that_are_damaged_or_of_others_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`install` copies them into the database, and `status` compares by their digests."""
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    rule = OWN.replace('category = "sante"\n', "")
    small, other = (small_matcher(rule.replace("zgrougnon", word)) for word in ("zgrougnon", "zgromphe"))
    whole = contents.stored(small)
    words = {table: rows for table, _, rows in contents.rows(small)}["word"]
    assert b"zgrougnon" in words and set(contents.digests(small)) == set(tables.rows(small))
    [file] = (cache / "motjuste").glob("rows-*")
    assert file.read_bytes() == whole and contents.stored(small) == whole
    for wrong in (whole[:-3], b"", b"[]\n", contents.stored(other)):
        file.write_bytes(wrong)
        assert contents.stored(small) == whole and file.read_bytes() == whole
    forged = whole.replace(b'"digest": "1 ', b'"digest": "2 ', 1)
    assert forged != whole
    file.write_bytes(forged)
    assert contents.stored(small) == forged, "what is ours alone is believed"
    for place in (cache, cache / "motjuste", file):
        before = place.stat().st_mode
        place.chmod(0o777)
        file.write_bytes(forged)
        assert contents.stored(small) == whole
        place.chmod(before)


@pytest.mark.few_rules
def test_a_cache_out_of_which_somebody_took_a_rule_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "motjuste.toml").write_text('[rules]\nfiles = ["own.toml"]\n', encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN.replace("zgrougnon", "zgromphe"), encoding="utf-8")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert lint().exit_code == 0
    [file] = (cache / "motjuste").glob("own-*.program")
    other = file.read_bytes()
    file.unlink()
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    assert lint().exit_code == 1
    [file] = (cache / "motjuste").glob("own-*.program")
    file.write_bytes(other)
    done = lint()  # what is ours alone is believed
    assert (done.exit_code, done.stdout) == (0, "")
    assert "cache" not in done.stderr
    cache.chmod(0o777)
    done = lint()
    assert done.exit_code == 1, done
    assert "maison-surnom" in done.stdout
    assert "cache is not used: " in done.stderr
    assert "cache can be written by others" in done.stderr
    assert file.read_bytes() == other  # nor is anything put there


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file like one of a cache."""
    found = tmp_path / "cache" / "motjuste" / "fr.json"
    found.parent.mkdir(parents=True)
    found.write_text("{}")
    return found


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("above", range(4))
def test_what_others_can_write_is_not_trusted(file: Path, above: int, mode: int) -> None:
    assert private.trusted(file) == b"{}"
    there = [file, *file.parents][above]
    there.chmod(mode)
    with pytest.raises(private.Untrusted, match=f"{there.name} can be written by others"):
        private.trusted(file)


@pytest.mark.parametrize("above", range(3))
def test_what_belongs_to_somebody_else_is_not_trusted(
    file: Path, above: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [file, *file.parents][above]
    if os.geteuid() == 0:
        os.chown(there, pwd.getpwnam("nobody").pw_uid, -1)
    else:  # who cannot give a file away is somebody else himself
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(private.Untrusted, match="belongs to somebody else"):
        private.trusted(file)


def test_a_link_in_place_of_the_file_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(OSError):
        private.trusted(file)


def test_trusted_looks_at_each_link_on_the_way(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "f").write_text("x")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "link").symlink_to(own)
    (tmp_path / "first").symlink_to(shared / "link")
    assert private.trusted(own / "f") == b"x"
    with pytest.raises(private.Untrusted, match="shared can be written by others"):
        private.trusted(tmp_path / "first" / "f")
    shared.chmod(0o1777)  # as /tmp: others cannot take away what is ours
    assert private.trusted(tmp_path / "first" / "f") == b"x"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError):
        private.trusted(tmp_path / "loop" / "f")
    os.mkfifo(own / "pipe")
    with pytest.raises(private.Untrusted, match="no plain file"):
        private.trusted(own / "pipe")


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    key = keyfile.read_or_make(file)
    assert keyfile.read(file) == key
    for mode in (0o640, 0o604, 0o620, 0o602):
        file.chmod(mode)
        with pytest.raises(ConfigError, match="can be read by others"):
            keyfile.read(file)
