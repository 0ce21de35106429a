"""The state of the watched columns as a text file that Prometheus reads: counts and ages, no row and no note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from motjuste import printable
from motjuste.db.states import INSTALLED, State
from motjuste.officer.evidence import Queue
from motjuste.scanning.scan import Place

Sample = tuple[str, float]  # the column, or "" for the whole database, and the value


def text(found: Sequence[State], not_checked: Mapping[Place, int], queue: Queue, *, well: bool) -> str:
    """The metrics, one a watched column or one for all, in the text format; `well`: what the exit code of `status` says."""
    return "".join(
        f"# HELP motjuste_{name} {what}\n# TYPE motjuste_{name} gauge\n"
        + "".join(_line(name, *s) for s in samples)
        for name, what, samples in _metrics(found, not_checked, queue, well)
    )


def _metrics(
    found: Sequence[State], not_checked: Mapping[Place, int], queue: Queue, well: bool
) -> Iterator[tuple[str, str, list[Sample]]]:
    oldest = {w.column: w.seconds for w in queue.waiting}
    yield "ok", "1 where all checks are installed and every note was checked.", [("", float(well))]
    yield (
        "installed",
        "1 where the triggers of the column are as motjuste installs them and no row was written past them.",
        [(s.place.label, float(s.state == INSTALLED)) for s in found],
    )
    yield "waiting_rows", "Rows that wait to be read.", [(s.place.label, s.waiting) for s in found]
    yield (
        "waiting_seconds",
        "For how long the oldest of them waits.",
        [(s.place.label, oldest.get(s.place.label, 0.0)) for s in found],
    )
    yield "workers", "Processes that work off the queue.", [("", len(queue.at_work))]
    yield "work_rows_per_second", "Rows a second that they read while there are some.", [("", queue.rate)]
    yield (
        "open_findings",
        "Findings that nobody decided of yet.",
        [(s.place.label, s.open_findings) for s in found],
    )
    yield (
        "accepted_findings",
        "Findings that are to be redacted.",
        [(s.place.label, s.accepted) for s in found],
    )
    yield (
        "failed_checks",
        "Notes that could not be checked and still are not.",
        [(s.place.label, not_checked.get(s.place, 0)) for s in found],
    )
    yield (
        "coverage_ratio",
        "Rows read by the last scan and not written since, of those that existed; 0 where it was never scanned.",
        [(s.place.label, s.share or 0.0) for s in found],
    )


def _line(name: str, column: str, value: float) -> str:
    quoted = printable.name(column).replace("\\", "\\\\").replace('"', '\\"')
    label = f'{{column="{quoted}"}}' if column else ""
    return f"motjuste_{name}{label} {value:.10g}\n"
