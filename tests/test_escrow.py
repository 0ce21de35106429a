"""Originals kept for a while: encrypted, complete, put back only where the note is what the redaction made of it."""

from __future__ import annotations

import errno
import io
import json
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
from motjuste.errors import ConfigError
from motjuste.migration import escrow
from motjuste.migration.escrow import Kept, Original
from motjuste.notes.digest import note_digest

UNTIL = date.today() + timedelta(days=60)
KEPT = Kept("nettoyage", UNTIL, "ab" * 32)
SECRET = bytes(range(32))  # the key of a database's digests


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


def read(file: Path, keys: Keys, secret: bytes = SECRET) -> list[Original]:
    found: list[Original] = []
    with file.open("rb") as stream:
        escrow.unseal(
            stream,
            escrow.identities(keys.file.read_text()),
            lambda _: secret,
            lambda _, o: found.append(o) if o else None,
        )
    return found


def plain(file: Path, keys: Keys) -> list[bytes]:
    """The lines of an escrow, as the holder of the private key can see them."""
    return pyrage.decrypt(file.read_bytes(), escrow.identities(keys.file.read_text())).splitlines(True)


def forge(file: Path, keys: Keys, lines: list[bytes]) -> None:
    """Write other lines, which anybody who has the public key can."""
    file.write_bytes(pyrage.encrypt(b"".join(lines), [escrow.recipient(keys.public)]))


def test_what_is_sealed_comes_out_the_same(tmp_path: Path, keys: Keys) -> None:
    notes = ["é\u0301😀\r\n\u2028\0x"[:-2], "", "x" * 1_000_000, '"\\']
    originals = [
        Original("crm.client", "note", "", {"id": i}, note, "cd" * 32) for i, note in enumerate(notes)
    ]
    file = tmp_path / "e.age"
    with file.open("wb") as stream:
        escrow.seal(KEPT, originals, escrow.recipient(keys.public), SECRET, stream)
    assert b"crm.client" not in file.read_bytes()
    assert read(file, keys) == originals


def test_errors_of_reading_and_writing_are_not_lost(keys: Keys) -> None:
    class Full(io.BytesIO):
        def write(self, part: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    to = escrow.recipient(keys.public)
    with pytest.raises(OSError, match="No space"):
        escrow.seal(KEPT, [], to, SECRET, Full())
    with pytest.raises(ZeroDivisionError):
        escrow.seal(KEPT, (1 / 0 for _ in range(1)), to, SECRET, io.BytesIO())  # type: ignore[misc]


def test_what_is_no_key_or_no_escrow_is_refused(tmp_path: Path, keys: Keys) -> None:
    for text in ("", "age1xyz", "ssh-ed25519 zzz", "alice"):
        with pytest.raises(ConfigError):
            escrow.recipient(text)
    for text in ("", "# nothing\n", "AGE-SECRET-KEY-1X"):
        with pytest.raises(ConfigError):
            escrow.identities(text)
    file = tmp_path / "e.age"
    with file.open("wb") as stream:
        escrow.seal(KEPT, [], escrow.recipient(keys.public), SECRET, stream)
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
    secret = bytes(kept.one("select key from motjuste.secret"))  # type: ignore[arg-type]
    assert [o.note for o in read(file, keys, secret)] == [BAD] * 3
    assert "escrow-n.age is there already" in plan(kept, keys).output
    assert "no escrow" not in (kept.plan_folder / "deploy.sql").read_text()


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
    # and the way there is open again; what the file says of it is not what the database holds
    assert "holds 1 decision(s) that the database does not" in kept.review("--accept-all").output
    kept.decisions.unlink()
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
    secret = bytes(kept.one("select key from motjuste.secret"))  # type: ignore[arg-type]
    check = str(kept.one("select encode(motjuste.digest('motjuste'), 'hex')"))
    with file.open("wb") as stream:
        escrow.seal(Kept("n", date.today(), check), [], escrow.recipient(keys.public), secret, stream)
    assert "this escrow ended on" in restore(kept, keys, "--all").output


# -- what others write ---------------------------------------------------------------------------------


def sealed(file: Path, keys: Keys, *notes: str) -> list[bytes]:
    """The lines of an escrow of these notes."""
    originals = [
        Original("crm.client", "note", "", {"id": i}, note, "cd" * 32) for i, note in enumerate(notes)
    ]
    with file.open("wb") as stream:
        escrow.seal(KEPT, originals, escrow.recipient(keys.public), SECRET, stream)
    return plain(file, keys)


def test_lines_that_were_altered_moved_added_or_left_out_are_refused(tmp_path: Path, keys: Keys) -> None:
    file, other = tmp_path / "e.age", tmp_path / "o.age"
    lines = sealed(file, keys, "a", "b", "c")
    elsewhere = sealed(other, keys, "a", "x", "c")
    head, a, b, c, end = lines
    wrong = {
        "altered": [head, a, b.replace(b'"note": "b"', b'"note": "z"'), c, end],
        "of another row": [head, a, b.replace(b'{"id": 1}', b'{"id": 9}'), c, end],
        "moved": [head, b, a, c, end],
        "twice": [head, a, a, b, c, end],
        "left out": [head, a, c, end],
        "of another escrow": [head, a, elsewhere[2], c, end],
        "with the head of another": [elsewhere[0], a, b, c, end],
        "kept longer": [head.replace(UNTIL.isoformat().encode(), b"2999-01-01"), a, b, c, end],
        "cut off": [head, a, b, c],
        "cut off early": [head, a],
        "the head alone": [head],
        "with an end of another": [head, a, b, c[:0], elsewhere[4]],
        "after the end": [*lines, c],
        "no line feed": [*lines[:-1], end.rstrip()],
        "no code": [head, a, b[65:], c, end],
        "a code of zeros": [head, a, b"0" * 64 + b[64:], c, end],
        "no JSON": [head, a, b[:65] + b"{x}\n", c, end],
        "deep": [head, a, b[:65] + b'{"note": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", c, end],
        "no escrow": [b"hello\n"],
        "an old one": [line[65:] for line in lines],
    }
    for what, made in wrong.items():
        forge(file, keys, made)
        with pytest.raises(ConfigError, match=r"forged, altered or moved|is empty"):
            read(file, keys)
            raise AssertionError(what)
    forge(file, keys, lines)
    assert [o.note for o in read(file, keys)] == ["a", "b", "c"]
    with pytest.raises(ConfigError, match="line 1 of the escrow"):
        read(file, keys, bytes(32))  # another database's key


def test_a_digest_of_a_note_is_no_code(tmp_path: Path, keys: Keys) -> None:
    """Who learns digests of notes of his choice, by writing them, forges no line by them: a note holds no NUL."""
    head, _, end = sealed(tmp_path / "e.age", keys, "a")
    number = json.loads(head[65:])["number"]
    body = json.dumps({**json.loads(head[65:]), "until": "2999-01-01"}, ensure_ascii=False, sort_keys=True)
    assert "\0" in escrow.PURPOSE.decode()
    for guess in (body, number + body, f"0{body}", "motjuste" + body):
        forge(
            tmp_path / "e.age", keys, [note_digest(SECRET, guess).hex().encode() + f" {body}\n".encode(), end]
        )
        with pytest.raises(ConfigError, match="line 1 of the escrow"):
            read(tmp_path / "e.age", keys)


def test_a_forged_note_is_named_and_nothing_is_restored(kept: Bench, keys: Keys) -> None:
    file = kept.plan_folder / "escrow-n.age"
    lines = plain(file, keys)
    lines[2] = lines[2].replace(b"Client alcoolique", b"Client fraudeur")
    forge(file, keys, lines)
    for chosen in (["--all"], ["--row", '{"id": 1}'], ["--row", '{"id": 2}']):
        ran = restore(kept, keys, *chosen)
        assert ran.code == 2
        assert "line 3 of the escrow was forged, altered or moved" in ran.output
        assert 'public.client.note {"id": 2}' in ran.output
        assert "fraudeur" not in ran.output
        assert kept.column("select distinct note from client") == [GOOD]
    secret = b"7" * 32  # all that the forger lacks
    originals = [Original("public.client", "note", "", {"id": 1}, "Client fraudeur.", "ab" * 32)]
    check = str(kept.one("select encode(motjuste.digest('motjuste'), 'hex')"))
    with file.open("wb") as stream:
        escrow.seal(Kept("n", UNTIL, check), originals, escrow.recipient(keys.public), secret, stream)
    assert "line 1 of the escrow was forged" in restore(kept, keys, "--all").output
    assert kept.column("select distinct note from client") == [GOOD]


def test_an_identity_that_others_can_read_is_told(kept: Bench, keys: Keys) -> None:
    keys.file.chmod(0o644)
    assert "can be read by others" in restore(kept, keys, "--all", "--dry-run").output
    keys.file.chmod(0o600)
    assert "can be read by others" not in restore(kept, keys, "--all", "--dry-run").output


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
