"""Compares the cost of a check on this server with the writes into a table, and advises to defer, to use the kernel, or to bypass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from motjuste import assets, printable
from motjuste.db.connection import Connection, passing_over
from motjuste.db.reading import qualified
from motjuste.scanning.scan import Place

SLOWEST = 20  # milliseconds: no check takes longer on any server that we know
SETTLED = 600  # seconds: statistics that are younger know of a load, not of a day
NAMED = 3  # columns of the same mode that are named beside the busiest
BUSY = 0.05  # of a processor's time: from here on checks at once are worth a word


class Load(NamedTuple):
    """`writes`: rows a second that are written into the table of a column; `cost`: milliseconds that the check of a note takes here."""

    writes: float
    cost: float

    @property
    def share(self) -> float:
        """The share of one processor's time that checks in the write take."""
        return self.writes * self.cost / 1000


def told(
    conn: Connection, columns: Sequence[tuple[Place, str, bool]], *, settled: float = SETTLED
) -> list[str]:
    """A line for each mode with columns (with their mode, and whether they are deferred) of which there is something to say.

    The busiest column is told of, the others of its mode are named. Statistics younger than `settled` seconds say nothing. What a check
    takes is measured, some tens of milliseconds, only where rows are written; a role without the rights is told nothing.
    """
    found: dict[str, list[tuple[float, str, str]]] = {}
    rates: dict[str, float] = {}  # by table
    cost: float | None = None
    with passing_over(conn), conn.transaction():
        for place, mode, deferred in columns:
            if deferred:
                continue
            if place.relation not in rates:
                [(rate,)] = conn.execute(
                    assets.query("writes.sql"),
                    {"relation": qualified(conn, place.relation), "settled": settled},
                ).fetchall()
                rates[place.relation] = float(rate)
            writes = rates[place.relation]
            if writes * SLOWEST / 1000 < BUSY:
                continue
            if cost is None:
                conn.execute(assets.query("check_cost.sql").encode())
                [(cost,)] = conn.execute("select current_setting('motjuste.cost')::float8").fetchall()
            if said := advice(mode, Load(writes, cost or 0.0), deferred=deferred, label=place.label):
                found.setdefault(mode, []).append((-writes, printable.name(place.label), said))
    return [_line(sorted(busy)) for busy in found.values()]


def _line(columns: list[tuple[float, str, str]]) -> str:
    (_, label, said), *others = columns
    names = [name for _, name, _ in others]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{label}: {said}" + (f" (likewise: {', '.join(names[:NAMED])}{more})" if names else "")


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
