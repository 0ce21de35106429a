"""What a scan prints: its summary, and the proof of coverage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from motjuste import printable
from motjuste.cli.common import say
from motjuste.cli.table import tabulate
from motjuste.db.failures import Caught, Waiting
from motjuste.engine.confidence import CERTAINTIES
from motjuste.scanning.scan import DETACHED, OTHER_KEY, TOO_LONG, Difference, Place, Tally

FORMATS = ("text", "markdown", "json")
STYLES = {"text": "simple", "markdown": "github"}


def summary(tallies: Sequence[Tally], differences: Sequence[Difference] | None, form: str) -> None:
    """Print what was read and found; with differences, what changed since."""
    if form == "json":
        click.echo(printable.lines(json.dumps(_as_json(tallies, differences), ensure_ascii=False, indent=2)))
        return
    headers = ["column", "rows read", "rows that exist", "notes with findings", "findings", "block", "watch"]
    rows: list[tuple[Any, ...]] = [
        (
            t.place.label,
            t.rows_read,
            _existing(t.rows_that_exist, t.skips),
            t.notes_with_findings,
            t.findings,
            t.levels["block"],
            t.levels["watch"],
        )
        for t in tallies
    ]
    if len(rows) > 1:
        exist = _existing(sum(t.rows_that_exist for t in tallies), any(t.skips for t in tallies))
        rows.append(
            (
                "total",
                sum(r[1] for r in rows),
                exist,
                *(sum(r[i] for r in rows) for i in range(3, len(headers))),
            )
        )
    _table(rows, headers, form)
    categories: Counter[str] = Counter()
    certainties: Counter[str] = Counter()
    for t in tallies:
        categories.update(t.categories)
        certainties.update(t.certainties)
    if categories:
        _table(categories.most_common(), ["category", "findings"], form, gap=True)
    if certainties:
        _table([(c, certainties[c]) for c in CERTAINTIES], ["second reading", "findings"], form, gap=True)
    if differences is not None:
        changed = [
            (d.place.label, d.rule, d.new, "-" if d.gone is None else d.gone, d.unchanged)
            for d in differences
        ]
        new, gone, unchanged = (
            sum(getattr(d, n) or 0 for d in differences) for n in ("new", "gone", "unchanged")
        )
        known = not differences or any(d.gone is not None for d in differences)
        changed.append(("total", "", new, gone if known else "-", unchanged))
        _table(changed, ["column", "rule", "new", "gone", "unchanged"], form, gap=True)
    not_read = [(t.place.label, s.what, s.why) for t in tallies for s in t.skips]
    if not_read:
        _table(not_read, ["not read", "where", "why"], form, gap=True)
    _remarks(tallies)


def _existing(rows: int, skips: object) -> str:
    """How many rows exist; `~` marks an estimate, since rows that cannot be read cannot always be counted."""
    return f"~{rows}" if skips else f"{rows}"


def _remarks(tallies: Sequence[Tally]) -> None:
    for t in tallies:
        if t.scope:
            say(f"{printable.name(t.place.label)}: only {t.scope}")
        if t.rows_again:
            say(
                f"{printable.name(t.place.label)}: read again at its end: {t.rows_again} row(s) written during the scan"
            )
        if t.recoded:
            say(
                f"{printable.name(t.place.label)}: read as Windows-1252, not being UTF-8: {t.recoded} note(s)"
            )


def _as_json(tallies: Sequence[Tally], differences: Sequence[Difference] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "columns": [
            {
                "column": t.place.label,
                "rows_read": t.rows_read,
                "rows_that_exist": t.rows_that_exist,
                "estimated": bool(t.skips),
                "rows_again": t.rows_again,
                "notes_recoded": t.recoded,
                "notes_with_findings": t.notes_with_findings,
                "findings": t.findings,
                "open": t.open,
                "levels": dict(t.levels),
                "categories": dict(t.categories),
                "certainties": dict(t.certainties),
                "scope": t.scope,
                "skipped": [asdict(s) for s in t.skips],
            }
            for t in tallies
        ]
    }
    if differences is not None:
        found["compared"] = [
            {"column": d.place.label, "rule": d.rule, "new": d.new, "gone": d.gone, "unchanged": d.unchanged}
            for d in differences
        ]
    return found


def caught_up(caught: Sequence[Caught], left: Sequence[Waiting], form: str) -> None:
    """Print what became of the notes whose check had failed, and what is to be done about those that are left."""
    if form == "json":
        columns = [asdict(c) | {"column": c.place.label} for c in caught]
        for column in columns:
            del column["place"]
        waiting = [
            w._asdict() | {"place": w.place.label, "since": w.since.isoformat() if w.since else None}
            for w in left
        ]
        click.echo(json.dumps({"columns": columns, "left": waiting}, ensure_ascii=False, indent=2))
        return
    if not caught and not left:
        click.echo("every note was checked as it was written, or has been since")
        return
    if caught:
        rows = [(c.place.label, c.checked, c.findings, c.gone, sum(c.left.values())) for c in caught]
        _table(rows, ["column", "notes checked", "findings", "notes gone", "left"], form)
    for c in caught:
        for why, notes in c.left.items():
            say(f"{c.place.label}: {notes} note(s) left: {why}")
    for w in left:
        say(f"{w.place.label}: {way_out(w)}")


def way_out(w: Waiting) -> str:
    """How many checks of a column failed, and what to do about them."""
    if w.whole and w.sqlstate == OTHER_KEY:
        return (
            f"rows waited to be read, and their table has another key since: motjuste scan '{w.place.label}'"
        )
    if w.sqlstate == DETACHED:
        how = f"motjuste scan '{w.place.label}'" if w.whole else "motjuste scan --failed"
        return f"rows waited to be read when it was detached, or the digests got another key: {how}"
    if w.whole:
        what = f"with SQLSTATE {w.sqlstate}" if w.sqlstate else "and could not be recorded"
        return f"{w.notes} check(s) failed {what}; no row is named: motjuste scan '{w.place.label}'"
    if w.sqlstate == TOO_LONG:
        return f"{w.notes} note(s) too long to be read: read and shorten them, or raise max_note; then motjuste scan --failed"
    return f"{w.notes} check(s) failed with SQLSTATE {w.sqlstate}: motjuste scan --failed"


def report(proofs: Sequence[dict[str, Any]], form: str) -> bool:
    """Print the proof of coverage of each column; whether all of them were wholly read."""
    whole = [_whole(p) for p in proofs]
    if form == "json":
        made = [p | {"complete": w} for p, w in zip(proofs, whole, strict=True)]
        click.echo(printable.lines(json.dumps(made, ensure_ascii=False, indent=2)))
        return all(whole)
    rows = []
    for p, complete in zip(proofs, whole, strict=True):
        label = Place(p["relation"], p["column_name"], p["json_key"]).label
        if p["started_at"] is None:
            rows.append((label, "never", "", "no", "", "", "", ""))
            continue
        started, ended = datetime.fromisoformat(p["started_at"]), datetime.fromisoformat(p["ended_at"])
        rows.append(
            (
                label,
                f"{p['rows_read']:,} / {'~' if p['skipped'] else ''}{p['rows_that_exist']:,}",
                f"{p['notes_with_findings']:,}",
                "yes" if complete else "no",
                f"{started:%Y-%m-%d %H:%M %Z}",
                f"{(ended - started).total_seconds():.0f} s",
                p["role"],
                f"{p['pack_version']} {p['pack_digest'][:12]}",
            )
        )
    headers = [
        "column",
        "rows read / existing",
        "notes with findings",
        "complete",
        "scan began",
        "done after",
        "by",
        "rules",
    ]
    _table(rows, headers, form)
    reasons = [
        (Place(p["relation"], p["column_name"], p["json_key"]).label, what, why)
        for p in proofs
        if p["started_at"] is not None
        for what, why in [(s["what"], s["why"]) for s in p["skipped"]]
        + [("rows", f"only {p['scope']}")] * bool(p["scope"])
    ]
    if reasons:
        _table(reasons, ["not read", "where", "why"], form, gap=True)
    return all(whole)


def _whole(proof: dict[str, Any]) -> bool:
    if proof["started_at"] is None or proof["skipped"] or proof["scope"]:
        return False
    return bool(proof["rows_read"] >= proof["rows_that_exist"])


def _table(rows: Sequence[Sequence[Any]], headers: Sequence[str], form: str, *, gap: bool = False) -> None:
    if gap:
        click.echo()
    cells = [[printable.markdown(str(c)) if form == "markdown" else c for c in row] for row in rows]
    click.echo(tabulate(cells, headers=headers, tablefmt=STYLES[form]))
