"""The demo: its notes, its database, the whole flow, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flow import ELSEWHERE, wait_until
from motjuste import discovery
from motjuste.db import catalog
from motjuste.db.connection import connect
from motjuste.demo import numbers, run
from motjuste.demo.notes import Writer, phrases
from motjuste.engine import checksum
from motjuste.model import CATEGORIES
from motjuste.server import Server

COMMAND = [sys.executable, "-P", "-m", "motjuste", "demo"]
NOTES = {
    "crm.client.commentaire", "crm.contrat.observations", "crm.interaction.compte_rendu", "crm.relance.remarque",
    "support.ticket.note_interne", "support.appel.details->>note", "support.intervention.bloc_note",
}  # fmt: skip


def test_same_seed_same_notes() -> None:
    first, second = Writer(5), Writer(5)
    assert [first.note() for _ in range(200)] == [second.note() for _ in range(200)]
    assert Writer(6).note() != Writer(5).note()


def test_notes_are_varied_and_whole() -> None:
    write = Writer(1)
    notes = [write.note() for _ in range(5000)]
    assert len(set(notes)) > 4000
    assert not any("{" in note for note in notes)
    assert 60 < sum(map(len, notes)) / len(notes) < 200


def test_every_category_has_its_sentences() -> None:
    assert set(phrases()["faults"]) == set(phrases()["weights"]) == set(CATEGORIES)
    assert all(len(sentences) >= 8 for sentences in phrases()["faults"].values())
    write = Writer(2)
    assert not any("{" in write.faulty(category) for category in CATEGORIES for _ in range(100))


def test_numbers_pass_the_checks_of_their_keys() -> None:
    draw = Writer(3).random
    for _ in range(200):
        assert checksum.nir(numbers.social_security(draw))
        assert checksum.luhn(numbers.card(draw))
        assert checksum.iban(numbers.iban(draw))


def test_discovery_finds_the_seven_columns_of_its_database_and_no_other() -> None:
    with run.workshop(keep=False) as (running, folder):
        assert run.build(running.dsn()) == 20_000
        with connect(running.dsn(run.DATABASE)) as conn:
            columns = catalog.columns(conn)
    assert not running.folder.exists()
    assert not folder.exists()
    assert len({(c.schema, c.table) for c in columns}) == 13
    found = {c.label: c for c in discovery.rank(columns)}
    assert set(found) == NOTES
    assert all(c.score >= discovery.CLEAR for c in found.values())
    assert sum(c.rows for c in found.values()) == 20_000
    assert found["crm.relance.remarque"].key == ()
    assert found["crm.contrat.observations"].key == ("client_id", "numero")
    assert found["crm.interaction.compte_rendu"].relkind == "p"


def test_a_surprise_stops_the_demo() -> None:
    shown: list[str] = []
    flow = run.Flow(Server(Path("/nowhere"), Path("/nowhere")), Path(tempfile.gettempdir()), shown.append)
    with pytest.raises(run.MotjusteError, match="exit code 2 instead of 0"):
        flow.motjuste("status")
    assert any("motjuste: error" in line for line in shown)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short folder, open to the server's account, for everything that the demo makes."""
    with tempfile.TemporaryDirectory(prefix="mj") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def start(temporary: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *options],
        env=os.environ | {"TMPDIR": str(temporary)} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def servers(temporary: Path) -> list[str]:
    """The command lines of the processes that still work in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(temporary) in line:
            found.append(line)
    return found


def test_whole_flow_and_keep(temporary: Path) -> None:
    # whatever the environment says of another server
    demo = start(temporary, "--keep", **ELSEWHERE)
    out = demo.communicate(timeout=300)[0]
    assert demo.returncode == 0, out
    assert re.search(r"^Done in \d+ s", out, re.MULTILINE)  # under 60 on a machine that does nothing else
    for line in (
        "$ motjuste discover --write", "7 column(s) added", "$ motjuste install", "Note refusée dans crm.client.commentaire",
        "COPY 500", "$ motjuste scan", "$ motjuste review --accept-all", "$ motjuste migrate plan", "--dry-run",
        "rolled back, nothing was changed", "$ motjuste migrate apply redaction-2026-11 --yes", "verified", "before:",
        "What to try next",
    ):  # fmt: skip
        assert line in out
    assert out.count("    before: ") == out.count("    after:  ") == 3
    first, last = re.findall(r"^  total +\d+ +(\d+) +(\d+) +(\d+)", out, re.MULTILINE)
    assert int(first[1]) > 1000
    assert first[0] == last[0] == "20500"
    assert last[1:] == ("0", "0")
    dsn = re.search(r"MOTJUSTE_DSN='(.+)'", out)
    assert dsn
    with psycopg.connect(dsn[1]) as conn:
        accepted = conn.execute(
            "select count(*) from motjuste.finding where status in ('open', 'accepted')"
        ).fetchone()
        redacted = conn.execute("select count(*) from motjuste.finding where status = 'redacted'").fetchone()
    assert accepted == (0,)
    assert redacted and redacted[0] > 1000
    stop = next(line for line in out.splitlines() if line.strip().startswith("kill "))
    subprocess.run(stop, shell=True, check=True)
    assert list(temporary.iterdir()) == []
    assert servers(temporary) == []


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("Starting", signal.SIGINT),
        ("Starting", signal.SIGTERM),
        ("20,000 notes", signal.SIGTERM),
        ("$ motjuste install", signal.SIGINT),
    ],
)
def test_interrupted_it_leaves_nothing_behind(temporary: Path, moment: str, number: signal.Signals) -> None:
    demo = start(temporary, "--keep")
    assert demo.stdout is not None
    while moment not in demo.stdout.readline():
        assert demo.poll() is None
    time.sleep(0.4)
    demo.send_signal(number)
    out = demo.communicate(timeout=30)[0]
    assert demo.returncode == 2, out
    assert "Traceback" not in out
    assert list(temporary.iterdir()) == []
    wait_until(lambda: servers(temporary) == [], 3)  # what is killed may need a moment
    assert servers(temporary) == []
