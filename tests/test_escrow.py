"""Originals kept for a while: encrypted, complete, put back only where the note is what the redaction made of it."""

from __future__ import annotations

import errno
import io
import os
import resource
import stat
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest

from conftest import Cluster
from flow import BAD, GOOD, Bench, Ran
from motjuste import escrow
from motjuste.errors import ConfigError
from motjuste.escrow import Kept, Original

UNTIL = date.today() + timedelta(days=60)
KEPT = Kept("nettoyage", UNTIL, "ab" * 32)


class Keys:
    """A pair of keys, the private one in a file."""

    def __init__(self, folder: Path) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.public = str(identity.to_public())
        self.file = folder / "key.txt"
        self.file.write_text(f"# created\n# public key: {self.public}\n{identity}\n")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def read(file: Path, keys: Keys) -> list[Original]:
    found: list[Original] = []
    with file.open("rb") as stream:
        escrow.unseal(
            stream, escrow.identities(keys.file.read_text()), lambda _, o: found.append(o) if o else None
        )
    return found


def test_what_is_sealed_comes_out_the_same(tmp_path: Path, keys: Keys) -> None:
    notes = ["é\u0301😀\r\n\u2028\0x"[:-2], "", "x" * 1_000_000, '"\\']
    originals = [
        Original("crm.client", "note", "", {"id": i}, note, "cd" * 32) for i, note in enumerate(notes)
    ]
    file = tmp_path / "e.age"
    with file.open("wb") as stream:
        escrow.seal(KEPT, originals, escrow.recipient(keys.public), stream)
    assert b"crm.client" not in file.read_bytes()
    assert read(file, keys) == originals


def test_errors_of_reading_and_writing_are_not_lost(keys: Keys) -> None:
    class Full(io.BytesIO):
        def write(self, part: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    to = escrow.recipient(keys.public)
    with pytest.raises(OSError, match="No space"):
        escrow.seal(KEPT, [], to, Full())
    with pytest.raises(ZeroDivisionError):
        escrow.seal(KEPT, (1 / 0 for _ in range(1)), to, io.BytesIO())  # type: ignore[misc]


def test_what_is_no_key_or_no_escrow_is_refused(tmp_path: Path, keys: Keys) -> None:
    for text in ("", "age1xyz", "ssh-ed25519 zzz", "alice"):
        with pytest.raises(ConfigError):
            escrow.recipient(text)
    for text in ("", "# nothing\n", "AGE-SECRET-KEY-1X"):
        with pytest.raises(ConfigError):
            escrow.identities(text)
    file = tmp_path / "e.age"
    with file.open("wb") as stream:
        escrow.seal(KEPT, [], escrow.recipient(keys.public), stream)
    (tmp_path / "other").mkdir()
    with pytest.raises(ConfigError, match="cannot be decrypted"):
        read(file, Keys(tmp_path / "other"))
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"", b"hello"):
        file.write_bytes(damaged)
        with pytest.raises(ConfigError):
            read(file, keys)


# -- through the commands ------------------------------------------------------------------------------


def plan(b: Bench, keys: Keys, *options: str) -> Ran:
    return b.run(
        "migrate", "plan", str(b.decisions), "--output", str(b.plan_folder), "--name", "n",
        "--escrow", keys.public, "--escrow-until", str(UNTIL), *options,
    )  # fmt: skip


def restore(b: Bench, keys: Keys, *options: str) -> Ran:
    file = b.plan_folder / "escrow-n.age"
    return b.run("migrate", "restore", str(file), "--identity", str(keys.file), "--yes", *options)


@pytest.fixture
def kept(client: Bench, keys: Keys) -> Bench:
    """Three notes redacted, in a watched table, their originals in an escrow."""
    client.conn.execute("select motjuste.attach('client', 'note', 'block')")
    client.run("scan", "public.client.note")
    assert client.review("--accept-all").code == 0
    ran = plan(client, keys)
    assert ran.code == 0, ran.output
    assert client.apply().code == 0
    return client


def test_the_escrow_is_private_and_holds_the_originals(kept: Bench, keys: Keys) -> None:
    file = kept.plan_folder / "escrow-n.age"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [o.note for o in read(file, keys)] == [BAD] * 3
    assert "escrow-n.age is there already" in plan(kept, keys).output


def test_chosen_rows_come_back_with_their_findings(kept: Bench, keys: Keys) -> None:
    kept.conn.execute("update client set note = 'autre' where id = 2")
    assert restore(kept, keys, "--all", "--dry-run").code == 1
    assert kept.column("select note from client order by id") == [GOOD, "autre", GOOD, GOOD]
    ran = restore(kept, keys, "--row", '{"id": 1}', "--row", '{"id": 2}')
    assert ran.code == 1
    assert 'public.client.note {"id": 2}: changed since the redaction, or deleted' in ran.output
    assert "alcoolique" not in ran.output
    assert kept.column("select note from client order by id") == [BAD, "autre", GOOD, GOOD]
    assert kept.column("select status from motjuste.finding order by row_key") == [
        "open",
        "redacted",
        "redacted",
    ]
    assert kept.one("select count(*) from motjuste.bypass_role") == 0
    again = restore(kept, keys, "--row", '{"id": 1}')
    assert (again.code, 'public.client.note {"id": 1}: already as it was' in again.output) == (0, True)
    # and the way there is open again
    assert kept.review("--accept-all").code == 0


def test_a_note_that_somebody_holds_is_not_waited_for_with_the_others_locked(kept: Bench, keys: Keys) -> None:
    with psycopg.connect(kept.dsn) as other:
        other.execute("update client set other = 'y' where id = 3")
        ran = restore(kept, keys, "--all", "--attempts", "1", "--lock-timeout", "50ms")
        assert ran.code == 2
        assert "another session holds a lock" in ran.output
        assert kept.column("select distinct note from client") == [GOOD]
        other.rollback()
    assert restore(kept, keys, "--all").code == 0


def test_notes_that_come_back_are_in_no_log(kept: Bench, keys: Keys, cluster: Cluster) -> None:
    kept.conn.execute(f"alter database {kept.one('select current_database()')} set log_statement = 'all'")
    log = cluster.server.folder / "log"
    start = log.stat().st_size
    assert restore(kept, keys, "--all").code == 0
    kept.conn.execute("update client set note = %s where id < 4", [GOOD])
    kept.conn.execute("alter table client add constraint short check (length(note) < 20)")
    assert "violates check constraint" in restore(kept, keys, "--all").output
    said = log.read_bytes()[start:].decode()
    assert "update public.client as t" in said
    assert "violates check constraint" in said
    assert "alcoolique" not in said
    assert kept.column("select distinct note from client") == [GOOD]


def test_a_json_note_comes_back(bench: Bench, keys: Keys) -> None:
    bench.conn.execute("create table t (id numeric primary key, doc jsonb)")
    bench.conn.execute("insert into t values (1.50, jsonb_build_object('it''s', %s::text, 'z', 1))", [BAD])
    bench.run("scan", "public.t.doc->>it's")
    assert bench.review("--accept-all").code == 0
    assert plan(bench, keys).code == 0
    assert bench.apply().code == 0
    assert bench.column("select status from motjuste.finding") == ["redacted"]
    assert restore(bench, keys, "--all").code == 0
    assert bench.one("select doc ->> 'it''s' || (doc ->> 'z') from t") == BAD + "1"
    assert bench.column("select status from motjuste.finding") == ["open"]


def test_what_restore_refuses(kept: Bench, keys: Keys) -> None:
    assert "say which notes" in restore(kept, keys).output
    assert "say which notes" in restore(kept, keys, "--all", "--row", "{}").output
    assert "is no row key" in restore(kept, keys, "--row", "7").output
    assert "no note of the escrow is meant" in restore(kept, keys, "--row", '{"id": 99}').output
    assert "no note of the escrow is meant" in restore(kept, keys, "--all", "--relation", "x.y").output
    kept.conn.execute("update motjuste.secret set inner_pad = outer_pad")
    assert "of another database" in restore(kept, keys, "--all").output


def test_an_escrow_that_ended_gives_nothing_back(kept: Bench, keys: Keys) -> None:
    file = kept.plan_folder / "escrow-n.age"
    with file.open("wb") as stream:
        escrow.seal(Kept("n", date.today(), "ab"), [], escrow.recipient(keys.public), stream)
    assert "this escrow ended on" in restore(kept, keys, "--all").output


def test_options_that_do_not_go_together(client: Bench, keys: Keys) -> None:
    planned = ["migrate", "plan", str(client.decisions), "--output", str(client.plan_folder)]
    assert "go together" in client.run(*planned, "--escrow", keys.public).output
    assert (
        "not a day to come"
        in client.run(*planned, "--escrow", keys.public, "--escrow-until", "2020-01-01").output
    )
    assert "public key" in client.run(*planned, "--escrow", "alice", "--escrow-until", str(UNTIL)).output


@pytest.mark.first_server
def test_a_full_disk_leaves_neither_plan_nor_escrow(client: Bench, keys: Keys) -> None:
    """The largest file that the process may write stands in for the disk."""
    client.conn.execute("update client set note = note || repeat(' Dossier complet.', 20000) where id < 4")
    client.run("scan", "public.client.note")
    assert client.review("--accept-all").code == 0

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    command = [
        sys.executable, "-m", "motjuste", "migrate", "plan", str(client.decisions), "--output", str(client.plan_folder),
        "--escrow", keys.public, "--escrow-until", str(UNTIL),
    ]  # fmt: skip
    done = subprocess.run(
        command, env={"MOTJUSTE_DSN": client.dsn, **os.environ}, preexec_fn=small,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(client.plan_folder.iterdir()) == []
