"""The terminal of `motjuste review`: one note with its marked words, the proposal, the question."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import click

from motjuste.migration.shape import WHOLE, label
from motjuste.model import Finding
from motjuste.printable import name
from motjuste.review.note import Note, span
from motjuste.review.session import ALIKE, KEYS, Answer
from motjuste.review.writer import Writer

AROUND = 400  # characters of a long note shown on either side of the finding
# A note may hold anything: control characters and direction marks would play with the terminal.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text without what a terminal would obey; a line break stays."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def marked(note: Note, finding: Finding) -> str:
    """The part of the note around the finding, its words in brackets and, on a terminal, in reverse."""
    start, end = finding.start, finding.start + finding.length
    first, last = max(0, start - AROUND), min(len(note.text), end + AROUND)
    others = sorted(
        (max(f.start, first), min(f.start + f.length, last))
        for f in note.findings
        if span(f) != span(finding)
    )
    parts, at = [], first
    for a, b, current in sorted([(a, b, False) for a, b in others] + [(start, end, True)]):
        a = max(a, at)
        if a >= b:
            continue
        parts.append(visible(note.text[at:a]))
        word = visible(note.text[a:b])
        parts.append(
            click.style(f"[[{word}]]", reverse=True) if current else click.style(word, underline=True)
        )
        at = b
    parts.append(visible(note.text[at:last]))
    return ("… " if first else "") + "".join(parts) + (" …" if last < len(note.text) else "")


def show(
    writer: Writer, note: Note, finding: Finding, proposal: str, position: str, before: str = ""
) -> None:
    """Print the finding, its rule and category, what was decided of it `before`, and what accepting it would make of the note."""
    relation, column, json_key, row_key, _ = note.id
    where, key = name(label(relation, column, json_key)), name(row_key)
    click.echo(f"\n{click.style(position, bold=True)}  {where} {key}")
    if finding.rule in WHOLE:
        click.echo(f"{finding.rule}: {note.verdicts[span(finding)].reason}")
    else:
        rule = writer.matcher.rules[finding.rule]
        sure = ", ".join(filter(None, (finding.level, finding.certainty)))
        title = writer.matcher.pack.categories[rule.category].label
        click.echo(f"{finding.rule} [{sure}] {title}: {rule.why}")
    if before:
        click.echo(f"  decided   {visible(before)}")
    click.echo(f"  note      {marked(note, finding)}")
    shown = visible(proposal)
    if len(shown) > 2 * AROUND:
        shown = shown[: 2 * AROUND] + " …"
    click.echo(f"  proposal  {shown or '(the note is emptied)'}")


def ask(note: Note) -> Answer:
    """The reviewer's answer, with the reason, date or text that it needs; end of input or Ctrl-C quits."""
    try:
        while True:
            typed = click.prompt("a e m x d t s b q ?", prompt_suffix=" > ", default="s", show_default=False)
            key, rest = typed.strip().lower()[:1], typed.strip()[1:]
            if key in KEYS and (not rest or (rest == "*" and key in ALIKE)):
                return replace(_complete(key, note), alike=bool(rest))
            click.echo("\n".join(f"  {k}   {what}" for k, (what, _) in KEYS.items()))
            click.echo("  a*  m*  d*  the same for every other finding of these words, after a look at each")
    except click.Abort:
        click.echo()
        return Answer("q")


def _complete(key: str, note: Note) -> Answer:
    needs = KEYS[key][1]
    reason = click.prompt("reason (do not quote the note)") if "reason" in needs else ""
    until = _day() if "until" in needs else None
    return Answer(key, reason, until, _lines(note.text) if "text" in needs else "")


def _day() -> date:
    while True:
        moment = click.prompt("until (YYYY-MM-DD)", type=click.DateTime(["%Y-%m-%d"]))
        day: date = moment.date()
        if day > date.today():
            return day
        click.echo("a day to come is needed")


def _lines(old: str) -> str:
    """A text typed on the terminal: an editor would leave the note in a temporary file."""
    click.echo("the new note, then a line with only a full stop:")
    lines: list[str] = []
    while (line := click.prompt("", prompt_suffix="| ", default="", show_default=False)) != ".":
        lines.append(line)
    return ("\r\n" if "\r\n" in old else "\n").join(lines)


def show_alike(number: int, note: Note, finding: Finding, result: str) -> None:
    """Print a numbered note of the same words on two lines: as it is, and what the answer makes of it."""
    click.echo(f"{number:3}  {name(note.id[3])}  {marked(note, finding)}")
    if result != note.text:
        click.echo(f"     -> {visible(result)[: 2 * AROUND] or '(the note is emptied)'}")


def choose(count: int) -> tuple[list[int], bool]:
    """Which of the notes shown get the answer, and whether to show more; end of input or Ctrl-C means none."""
    everything = list(range(1, count + 1))
    while True:
        try:
            typed = click.prompt(
                "y: all of these; numbers: all but those; n: none; q: stop", prompt_suffix=" > ", default="n"
            )
        except click.Abort:
            click.echo()
            return [], False
        typed = typed.strip().lower()
        if typed in ("y", "n", "q"):
            return everything if typed == "y" else [], typed != "q"
        left_out = [int(n) for n in re.findall(r"\d+", typed)]
        if left_out and not set(left_out) - set(everything):
            return [n for n in everything if n not in left_out], True
        click.echo("y, n, q, or numbers of those to leave out: 2 5", err=True)


def confirm() -> str:
    """A second reader's answer: y, n, s or q; end of input or Ctrl-C quits."""
    try:
        choice: str = click.prompt(
            "y: confirm; n: send back; s: later; q: quit",
            type=click.Choice(["y", "n", "s", "q"]),
            show_choices=False,
        )
    except click.Abort:
        click.echo()
        return "q"
    return choice
