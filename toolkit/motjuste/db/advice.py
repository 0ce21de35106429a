"""Compares the cost of a check on this server with the writes into a table, and advises to defer, to use the kernel, or to bypass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from motjuste import assets, printable
from motjuste.db.connection import Connection, passing_over
from motjuste.db.reading import qualified
from motjuste.scanning.scan import Place

SLOWEST = 20  # milliseconds: no check takes longer on any server that we know
BUSY = 0.05  # of a processor's time: from here on checks at once are worth a word


class Load(NamedTuple):
    """`writes`: rows a second that are written into the table of a column; `cost`: milliseconds that the check of a note takes here."""

    writes: float
    cost: float

    @property
    def share(self) -> float:
        """The share of one processor's time that checks in the write take."""
        return self.writes * self.cost / 1000


def told(conn: Connection, columns: Sequence[tuple[Place, str, bool]]) -> list[str]:
    """A line for each column (with its mode, and whether it is deferred) of which there is something to say.

    What a check takes is measured, some tens of milliseconds, only where rows are written; a role without the rights is told nothing.
    """
    lines: list[str] = []
    cost: float | None = None
    with passing_over(conn), conn.transaction():
        for place, mode, deferred in columns:
            [(writes,)] = conn.execute(
                assets.query("writes.sql"), {"relation": qualified(conn, place.relation)}
            ).fetchall()
            if deferred or writes * SLOWEST / 1000 < BUSY:
                continue
            if cost is None:
                conn.execute(assets.query("check_cost.sql").encode())
                [(cost,)] = conn.execute("select current_setting('motjuste.cost')::float8").fetchall()
            if said := advice(mode, Load(float(writes), cost or 0.0), deferred=deferred, label=place.label):
                lines.append(f"{printable.name(place.label)}: {said}")
    return lines


def advice(mode: str, load: Load, *, deferred: bool, label: str) -> str:
    """What to do about it, '' where nothing: a sentence for a DBA."""
    if deferred or load.share < BUSY:
        return ""
    what = (
        f"about {load.writes:,.1f} rows a second are written into its table, and a check takes {load.cost:.1f} ms here:"
        f" {load.share:.0%} of a processor"
    )
    if mode in ("flag", "mask"):
        return f"{what}; nobody waits for what is only recorded: motjuste attach '{label}' --deferred"
    if mode == "warn":
        return f"{what}; where no client reads the warnings: motjuste attach '{label}' --mode flag --deferred"
    return (
        f"{what}; block is paid for in the write: where what it refuses may also be found a second later, --mode flag --deferred;"
        " else let loads bypass it (motjuste.bypass) and `motjuste scan` after them"
    )
