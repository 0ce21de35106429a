"""Problems of files as text, JSON, SARIF, JUnit, GitLab code quality, GitHub annotations or markdown. Pure: text comes back.

A problem never holds the text of a note: what is shown is names, places and advice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from motjuste import printable
from motjuste.printable import markdown, name

Severity = Literal["error", "warning", "note"]
FORMATS = ("text", "json", "sarif", "junit", "gitlab", "github", "markdown")
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://pypi.org/project/motjuste/"


@dataclass(frozen=True)
class Problem:
    """A problem at a line of a file: `subject` is what it is about, `help` what to do, with the line to write.

    Those with an equal `cause` are told to a person as one. `column` and `end_column` count code points from 1, the latter
    is the first one behind; 0 where it is of the whole line. `frame` is the line with a mark below.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    message: str
    help: str = ""
    subject: str = ""
    last: int = 0
    cause: str = ""
    column: int = 0
    end_column: int = 0
    frame: str = ""


@dataclass(frozen=True)
class RuleInfo:
    """What a reader is told of a rule: one line, and its page."""

    id: str
    title: str
    page: str = ""


@dataclass(frozen=True)
class Report:
    """What one run found; `facts` are figures and tables that JSON carries whole, `summary` lines for a person."""

    tool: str
    version: str
    problems: Sequence[Problem]
    rules: Mapping[str, RuleInfo]
    summary: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    table_head: Sequence[str] = ()
    table: Sequence[Sequence[str]] = ()


def render(report: Report, form: str) -> str:
    """The report in one of FORMATS, with its line break at the end where it has a line."""
    problems = [
        replace(p, message=name(p.message), help=printable.lines(p.help), subject=name(p.subject))
        for p in report.problems
    ]
    table = [[name(cell) for cell in row] for row in report.table]
    shown = replace(report, problems=problems, summary=[name(s) for s in report.summary], table=table)
    return printable.lines(_RENDERERS[form](shown)) if form != "github" else _github(shown)


def _grouped(problems: Sequence[Problem]) -> list[Problem]:
    """The problems for a person: of those with an equal cause the first, which says how many more there are, and where."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for i, p in enumerate(problems):
        groups.setdefault((p.rule, p.severity, p.cause) if p.cause else (str(i),), []).append(p)
    return [_one_of(*group) for group in groups.values()]


def _one_of(first: Problem, *others: Problem) -> Problem:
    if not others:
        return first
    places = ", ".join(f"{name(p.path)}:{p.line}" for p in others[:3]) + (", ..." if len(others) > 3 else "")
    return replace(first, message=f"{first.message}; and {len(others)} more: {places}")


def _text(report: Report) -> str:
    lines = []
    for p in _grouped(report.problems):
        place = f"{name(p.path)}:{p.line}" if p.line else name(p.path)
        lines.append(f"{place}: {p.rule}: {_shown(p)}")
        if p.frame:
            number = str(p.line)
            code, mark = p.frame.split("\n")
            lines += [f"    {number} | {code}", f"    {' ' * len(number)} | {mark}"]
        lines += [f"    help: {p.help}".replace("\n", "\n      ")] if p.help else []
    return "".join(f"{line}\n" for line in lines)


def _shown(p: Problem) -> str:
    return p.message if p.severity == "error" else f"[{p.severity}] {p.message}"


def _json(report: Report) -> str:
    problems = [
        {
            "rule": p.rule,
            "severity": p.severity,
            "path": p.path,
            "line": p.line,
            "column": p.column,
            "end_column": p.end_column,
            "subject": p.subject,
            "message": p.message,
            "help": p.help,
        }
        for p in report.problems
    ]
    whole = {"tool": report.tool, "version": report.version, "problems": problems, **report.facts}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def fingerprint(p: Problem) -> str:
    """What a problem is known by from one run to the next: its rule, file and subject, not its line."""
    return sha256("\0".join((p.rule, p.path, p.subject or p.message)).encode("utf-8", "replace")).hexdigest()


def _sarif(report: Report) -> str:
    ids = sorted({p.rule for p in report.problems} | set(report.rules))
    rules = [
        {
            "id": i,
            "shortDescription": {"text": report.rules[i].title if i in report.rules else i},
            "help": {"text": (report.rules[i].page if i in report.rules else "") or i},
        }
        for i in ids
    ]
    results = [
        {
            "ruleId": p.rule,
            "ruleIndex": ids.index(p.rule),
            "level": p.severity,
            "message": {"text": p.message + (f"\nhelp: {p.help}" if p.help else "")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(p.path.replace("\\", "/"), errors="surrogatepass")},
                        "region": _region(p),
                    }
                }
            ],
            "partialFingerprints": {"motjuste/v1": fingerprint(p)},
        }
        for p in report.problems
    ]
    driver = {
        "name": report.tool,
        "version": report.version,
        "informationUri": _HOME,
        "rules": rules,
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return (
        json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
        + "\n"
    )


def _region(p: Problem) -> dict[str, int]:
    region = {"startLine": max(p.line, 1)}
    return region | ({"startColumn": p.column, "endColumn": p.end_column} if p.column else {})


def _xml(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return "".join(c if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF) else "?" for c in text)


def _junit(report: Report) -> str:
    """A suite for each file, and one whose cases are the rules that found nothing: valid for Jenkins' junit-10.xsd."""
    by_path: dict[str, list[Problem]] = {}
    for p in report.problems:
        by_path.setdefault(name(p.path), []).append(p)
    found = {p.rule for p in report.problems}
    quiet = [
        f"    <testcase classname={quoteattr(report.tool)} name={quoteattr(f'{rule}: {info.title}')}/>"
        for rule, info in report.rules.items()
        if rule not in found
    ]
    suites = [_suite(report.tool, "", quiet, len(quiet), 0)] if quiet else []
    for path, problems in by_path.items():
        failed = sum(p.severity == "error" for p in problems)
        cases = [line for p in problems for line in _case(p)]
        suites.append(_suite(path, f" file={quoteattr(_xml(path))}", cases, len(problems), failed))
    count = len(quiet) + len(report.problems)
    failed = sum(p.severity == "error" for p in report.problems)
    head = f'<testsuites name={quoteattr(report.tool)} tests="{count}" failures="{failed}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>", ""])


def _suite(title: str, file: str, cases: Sequence[str], count: int, failed: int) -> str:
    head = f'  <testsuite name={quoteattr(_xml(title))}{file} tests="{count}" failures="{failed}" errors="0" skipped="0">'
    return "\n".join([head, *cases, "  </testsuite>"])


def _case(p: Problem) -> list[str]:
    place = f"{name(p.path)}:{max(p.line, 1)}"
    title = quoteattr(_xml(f"{p.rule}: {p.subject or place} (line {max(p.line, 1)})"))
    body = escape(_xml(f"{place}: {p.message}" + (f"\nhelp: {p.help}" if p.help else "")))
    if p.severity == "error":
        inside = (
            f"      <failure type={quoteattr(p.rule)} message={quoteattr(_xml(p.message))}>{body}</failure>"
        )
    else:
        inside = f"      <system-out>{body}</system-out>"
    return [
        f"    <testcase classname={quoteattr(_xml(name(p.path)))} name={title}>",
        inside,
        "    </testcase>",
    ]


def _gitlab(report: Report) -> str:
    levels = {"error": "major", "warning": "minor", "note": "info"}
    seen: dict[str, int] = {}
    found = []
    for p in report.problems:
        mark = fingerprint(p)
        seen[mark] = seen.get(mark, 0) + 1
        # GitLab keeps one of two with the same fingerprint
        unique = mark if seen[mark] == 1 else sha256(f"{mark}{seen[mark]}".encode()).hexdigest()
        found.append(
            {
                "description": p.message + (f" (help: {p.help})" if p.help else ""),
                "check_name": p.rule,
                "fingerprint": unique,
                "severity": levels[p.severity],
                "location": {"path": p.path, "lines": {"begin": max(p.line, 1)}},
            }
        )
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def _command(text: str, *, parameter: bool = False) -> str:
    """The text as a workflow command wants it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if parameter else text


ANNOTATIONS = 10  # of a kind that GitHub shows of a step


def _github(report: Report) -> str:
    """Annotations, as many as GitHub shows; what goes beyond stands in the log. The summary of the job has all (action.yml)."""
    words = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    beyond: list[Problem] = []
    told: Counter[str] = Counter()
    for p in _grouped(report.problems):
        told[p.severity] += 1
        if told[p.severity] > ANNOTATIONS:
            beyond.append(p)
            continue
        columns = f",col={p.column},endColumn={p.end_column - 1}" if p.column else ""
        place = f"file={_command(name(p.path), parameter=True)},line={max(p.line, 1)}{columns},title={_command(p.rule, parameter=True)}"
        lines.append(
            f"::{words[p.severity]} {place}::{_command(p.message + (chr(10) + 'help: ' + p.help if p.help else ''))}\n"
        )
    if beyond:
        lines.append(f"::group::{len(beyond)} more, of which GitHub shows no annotation\n")
        lines.append(printable.lines(_text(replace(report, problems=beyond))))
        lines.append("::endgroup::\n")
    return "".join(lines)


def _code(text: str) -> str:
    """A piece of code in a cell of a markdown table; nothing but its end and a bar mean something there."""
    return "`" + name(text).replace("`", "'").replace("|", "\\|") + "`"


def _markdown(report: Report) -> str:
    errors = sum(p.severity == "error" for p in report.problems)
    lines = [f"### {report.tool}: " + (f"{errors} problem(s)" if errors else "no problem"), ""]
    lines += [*map(markdown, report.summary), ""] if report.summary else []
    if report.problems:
        lines += ["| where | rule | what | help |", "|---|---|---|---|"]
        for p in _grouped(report.problems):
            help_ = " ".join(_code(h) for h in p.help.split("\n") if h)
            place = f"{markdown(p.path)}:{p.line}" if p.line else markdown(p.path)
            lines.append(f"| {place} | {p.rule} | {markdown(_shown(p))} | {help_} |")
        lines.append("")
    if report.table:
        lines += [f"<details><summary>{len(report.table)} column(s) seen</summary>", ""]
        lines.append("| " + " | ".join(report.table_head) + " |")
        lines.append("|" + "---|" * len(report.table_head))
        lines += ["| " + " | ".join(markdown(c) for c in row) + " |" for row in report.table]
        lines += ["", "</details>", ""]
    return "\n".join(lines)


_RENDERERS: dict[str, Callable[[Report], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "junit": _junit,
    "gitlab": _gitlab,
    "github": _github,
    "markdown": _markdown,
}
