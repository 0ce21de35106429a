"""`motjuste lint`: notes from files, arguments or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.cli.common import second_reader, second_reading_option
from motjuste.cli.streams import is_cut
from motjuste.engine.confidence import rated
from motjuste.errors import ConfigError
from motjuste.model import Certainty, Match
from motjuste.rewriting.rewrite import Rewriter

_STDIN = Path("-")
CUT = 141  # what a shell says of a command that SIGPIPE ended


def _notes(source: str, lines: Iterator[bytes]) -> Iterator[tuple[Any, str]]:
    """(id, text) of each line: plain text (id: the line's number) or a JSON object with id and text."""
    for number, raw in enumerate(lines, 1):
        try:
            # surrogatepass: a lone surrogate on stdin is answered, not a crash
            line = raw.decode("utf-8", "surrogatepass").rstrip("\r\n")
        except UnicodeDecodeError as exc:
            raise ConfigError(
                f"{source}: line {number} is not UTF-8 (byte {exc.start + 1})",
                hint="convert the file first, for instance: iconv -f WINDOWS-1252 -t UTF-8 FILE",
            ) from exc
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line.strip():
            continue
        if line.startswith("{"):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):  # a note may begin with any number of braces
                record = None
            if isinstance(record, dict) and isinstance(record.get("text"), str):
                yield record.get("id", number), record["text"]
                continue
        yield number, line


def _sources(files: tuple[Path, ...]) -> Iterator[tuple[Any, str]]:
    """The notes of each file, those of standard input for `-` and for none."""
    for path in files or (_STDIN,):
        if path == _STDIN:
            if sys.stdin.isatty():
                click.echo("Tapez un commentaire, puis Entrée ; Ctrl-D pour finir.", err=True)
            yield from _notes("standard input", iter(sys.stdin.buffer.readline, b""))
            continue
        try:
            with path.open("rb") as stream:
                yield from _notes(str(path), iter(stream))
        except OSError as exc:
            raise ConfigError(f"{path}: {exc.strerror}", hint="give a file that can be read") from exc


class _Notes:
    """The notes, one at a time. Notes longer than `max_note` are left out, reported and counted."""

    def __init__(self, notes: Iterator[tuple[Any, str]], limit: int) -> None:
        self.notes, self.limit, self.long = notes, limit, 0

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        for note_id, text in self.notes:
            # most are short enough whatever their letters: they need not be encoded
            if len(text) * 4 > self.limit and len(text.encode("utf-8", "surrogatepass")) > self.limit:
                self.long += 1
                click.echo(f"{note_id}: not read: longer than {self.limit} bytes (max_note)", err=True)
                continue
            yield note_id, text


def _finding(m: Match, certainty: Certainty | None) -> dict[str, Any]:
    row = {"rule": m.rule, "category": m.category, "level": m.level, "start": m.start, "length": m.length}
    return row | ({"certainty": certainty} if certainty else {})


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
@second_reading_option
@click.option("--allow-empty", is_flag=True, help="Reading no note at all is not an error.")
def lint(files: tuple[Path, ...], form: str, second_reading: bool, allow_empty: bool) -> None:
    """Check notes, one a line (or JSONL with `id` and `text`), and propose neutral wordings.

    Without FILES, and for `-`, standard input is read. A note longer than `max_note` of motjuste.toml (1MB) is not read. Exit code 0: nothing found; 1: findings; 2: could not run.

    \b
    Example: echo "Client alcoolique, rappeler lundi." | motjuste lint
             motjuste lint --second-reading --format jsonl notes.jsonl
    """
    settings = policy.settings()
    notes = _Notes(_sources(files), settings.max_note)
    matcher = policy.matcher()
    pack = matcher.pack
    rewriter = Rewriter(matcher)
    reader = second_reader(pack) if second_reading else None
    seen = found = 0
    looked_at = ((note_id, text, matcher.find(text)) for note_id, text in notes)
    for note_id, text, matches, certainties in rated(reader, looked_at):
        if is_cut() and (not files or _STDIN in files):
            # nobody reads on, and there may be no end of notes: as other commands, but never as if all were clean
            sys.exit(1 if found else CUT)
        seen += 1
        found += len(matches)
        proposal = rewriter.rewrite(text, matches) if matches else None
        if form == "jsonl":
            row = {
                "id": note_id,
                "findings": [_finding(m, c) for m, c in zip(matches, certainties, strict=True)],
                "rewrite": proposal,
            }
            click.echo(json.dumps(row, ensure_ascii=True))
            continue
        for m, certainty in zip(matches, certainties, strict=True):
            category = pack.categories[m.category]
            excerpt = text[m.start : m.end].encode("utf-8", "replace").decode()
            sure = f"{m.level}, {certainty}" if certainty else m.level
            # colours that a terminal shows, and click leaves out elsewhere
            rule = click.style(m.rule, bold=True)
            sure = click.style(f"[{sure}]", fg="red" if m.level == "block" else "yellow")
            click.echo(
                f"{printable.name(str(note_id))}:{m.start + 1}: {rule} {sure} {category.label} : « {printable.name(excerpt)} »"
            )
            click.echo(f"    {category.advice}")
        if not matches and not files and sys.stdin.isatty():
            click.echo("    rien à signaler", err=True)
        if matches:
            shown = (proposal or "").encode("utf-8", "replace").decode()
            click.echo(f"    proposition : {printable.lines(shown) or '(supprimer la note)'}")
    if notes.long:
        hint = "shorten them, or raise max_note in motjuste.toml"
        raise ConfigError(f"{notes.long} note(s) were too long to be read", hint=hint)
    if not seen and not allow_empty:
        raise ConfigError("no note was read", hint="give a file or pipe notes, one a line; or --allow-empty")
    if form == "text" and not found:
        click.echo(f"{seen} note(s) read, nothing found.", err=True)
    sys.exit(1 if found else 0)
