"""The terminal of `motjuste review`: one note with its marked words, the proposal, the question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import click

from motjuste.cli.streams import width
from motjuste.migration.shape import WHOLE, label
from motjuste.model import Finding
from motjuste.printable import name
from motjuste.review.note import Note, span
from motjuste.review.session import ALIKE, KEYS, Answer
from motjuste.review.words import words
from motjuste.review.writer import Writer

AROUND = 400  # characters of a long note shown on either side of the finding
# A note may hold anything: control characters and direction marks would play with the terminal.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with characters replaced that a terminal would interpret; a line break stays."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def marked(note: Note, shown: Sequence[Finding]) -> str:
    """The part of the note around these findings, their words in brackets and, on a terminal, in reverse."""
    start, end = min(f.start for f in shown), max(f.start + f.length for f in shown)
    first, last = max(0, start - AROUND), min(len(note.text), end + AROUND)
    current = {span(f) for f in shown}
    spans = sorted(
        (max(f.start, first), min(f.start + f.length, last), span(f) in current) for f in note.findings
    )
    parts, at = [], first
    for a, b, asked in spans:
        a = max(a, at)
        if a >= b:
            continue
        parts.append(visible(note.text[at:a]))
        word = visible(note.text[a:b])
        parts.append(_styled(f"[[{word}]]", reverse=True) if asked else _styled(word, underline=True))
        at = b
    parts.append(visible(note.text[at:last]))
    return ("… " if first else "") + "".join(parts) + (" …" if last < len(note.text) else "")


def _styled(text: str, **style: bool) -> str:
    """The words of a text in a style, each by itself: a line may be broken between them."""
    return re.sub(r"\S+", lambda m: click.style(m[0], **style), text)


def laid(lead: str, text: str) -> str:
    """A text behind its lead; on a terminal, wrapped between words and set in under where it begins."""
    most = width()
    if most is None:
        return lead + text
    indent = " " * (len(lead) if len(lead) <= 16 else 4)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = (indent, len(indent)) if lines else (lead, len(lead))
        fresh = True
        for word in paragraph.split(" "):
            size = len(click.unstyle(word))
            if not fresh and used + 1 + size > most:
                lines.append(line)
                line, used, fresh = indent, len(indent), True
            line, used, fresh = (
                (line + word, used + size, False) if fresh else (f"{line} {word}", used + 1 + size, False)
            )
        lines.append(line)
    return "\n".join(lines)


def show(
    writer: Writer,
    note: Note,
    shown: Sequence[Finding],
    proposal: str,
    position: str,
    before: Sequence[str] = (),
) -> None:
    """Print these findings of a note, each with its rule and category and what was decided of it `before`, and what accepting them would
    make of the note."""
    say = _say(writer)
    relation, column, json_key, row_key, _ = note.id
    where, key = name(label(relation, column, json_key)), name(row_key)
    click.echo(f"\n{click.style(position, bold=True)}  {where} {key}")
    for number, finding in enumerate(shown, 1):
        lead = f"{number} " if len(shown) > 1 else ""
        if finding.rule in WHOLE:
            click.echo(f"{lead}{finding.rule}: {note.verdicts[span(finding)].reason}")
        else:
            rule = writer.matcher.rules[finding.rule]
            sure = say(f"level_{finding.level}") + (
                f", {say(finding.certainty)}" if finding.certainty else ""
            )
            title = writer.matcher.pack.categories[rule.category].label
            click.echo(laid(f"{lead}{finding.rule} [{sure}] ", f"{title} : {rule.why}"))
        if before and before[number - 1]:
            click.echo(laid(f"  {say('decided'):11} ", visible(before[number - 1])))
    click.echo(laid(f"  {say('note'):11} ", marked(note, shown)))
    text = visible(proposal)
    if len(text) > 2 * AROUND:
        text = text[: 2 * AROUND] + " …"
    click.echo(laid(f"  {say('proposal'):11} ", text or say("emptied")))


def _say(writer: Writer) -> Callable[..., str]:
    return partial(words(writer.matcher.pack.language).say, "screen")


def ask(writer: Writer, note: Note, shown: Sequence[Finding], last: dict[str, str]) -> Answer:
    """The reviewer's answer for the findings shown, with the reason, date or text that it needs; end of input or Ctrl-C quits.

    `last` is the reason given last for a key, which Enter repeats.
    """
    spoken = words(writer.matcher.pack.language)
    try:
        while True:
            typed = click.prompt("a e m x d t s b q ?", prompt_suffix=" > ", default="s", show_default=False)
            key, rest = typed.strip().lower()[:1], typed.strip()[1:]
            only = tuple(int(n) for n in re.findall(r"\d+", rest))
            some = bool(only) and key in "amdts" and all(0 < n <= len(shown) for n in only)
            if key in KEYS and (not rest or (rest == "*" and key in ALIKE) or some):
                answer = _complete(writer, key, note, shown[only[0] - 1 if only else 0], last)
                return replace(answer, alike=rest == "*", only=only)
            click.echo("\n".join(laid(f"  {k}   ", spoken.say("keys", k)) for k in KEYS))
            click.echo(laid("  ", spoken.say("keys", "alike")))
            if len(shown) > 1:
                click.echo(laid("  ", spoken.say("keys", "some")))
    except click.Abort:
        click.echo()
        return Answer("q")


def _complete(writer: Writer, key: str, note: Note, finding: Finding, last: dict[str, str]) -> Answer:
    say, needs = _say(writer), KEYS[key]
    reason = _reason(writer, key, finding, last) if "reason" in needs else ""
    until = _day(say) if "until" in needs else None
    return Answer(key, reason, until, _lines(say, note.text) if "text" in needs else "")


def _reason(writer: Writer, key: str, finding: Finding, last: dict[str, str]) -> str:
    """A reason of the list by its number, the reviewer's own words, or the last one again."""
    say = _say(writer)
    action = "dismiss" if key == "d" else "tolerate"
    listed = words(writer.matcher.pack.language).reasons(action, finding.category)
    click.echo("\n".join(laid(f"  {n}  ", reason) for n, reason in enumerate(listed, 1)))
    if key in last:
        click.echo(laid("  ", say("last", reason=last[key])))
    typed: str = click.prompt(say("reason"), default=last.get(key), show_default=False).strip()
    chosen = listed[int(typed) - 1] if typed.isdecimal() and 0 < int(typed) <= len(listed) else typed
    last[key] = chosen
    return chosen


def _day(say: Callable[..., str]) -> date:
    while True:
        typed: str = click.prompt(say("until")).strip()
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            click.echo(say("day"))
            continue
        if day > date.today():
            return day
        click.echo(say("to_come"))


def _lines(say: Callable[..., str], old: str) -> str:
    """A text typed on the terminal. An editor is not used, because it would write the note to a temporary file."""
    click.echo(say("text"))
    lines: list[str] = []
    while (line := click.prompt("", prompt_suffix="| ", default="", show_default=False)) != ".":
        lines.append(line)
    return ("\r\n" if "\r\n" in old else "\n").join(lines)


def show_alike(writer: Writer, number: int, note: Note, finding: Finding, result: str) -> None:
    """Print a numbered note of the same words on two lines: as it is, and what the answer makes of it."""
    click.echo(laid(f"{number:3}  {name(note.id[3])}  ", marked(note, [finding])))
    if result != note.text:
        click.echo(laid("     -> ", visible(result)[: 2 * AROUND] or _say(writer)("emptied")))


def choose(writer: Writer, count: int) -> tuple[list[int], bool]:
    """Which of the notes shown get the answer, and whether to show more; end of input or Ctrl-C means none."""
    say = _say(writer)
    everything = list(range(1, count + 1))
    while True:
        try:
            click.echo(laid("", say("choose")))
            typed = click.prompt("", prompt_suffix="> ", default="n")
        except click.Abort:
            click.echo()
            return [], False
        typed = typed.strip().lower()
        if typed in ("o", "y", "n", "q"):
            return everything if typed in ("o", "y") else [], typed != "q"
        left_out = [int(n) for n in re.findall(r"\d+", typed)]
        if left_out and not set(left_out) - set(everything):
            return [n for n in everything if n not in left_out], True
        click.echo(say("chosen"), err=True)


def confirm(writer: Writer) -> str:
    """A second reader's answer: y, n, s or q; end of input or Ctrl-C quits."""
    say = _say(writer)
    try:
        while (choice := click.prompt(say("confirm")).strip().lower()) not in ("o", "y", "n", "s", "q"):
            click.echo(say("answers"))
    except click.Abort:
        click.echo()
        return "q"
    return "y" if choice == "o" else str(choice)
