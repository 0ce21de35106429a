"""Finding and reading migration files: folders, files, patterns and standard input, in the order of their tool."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from glob import glob
from pathlib import Path
from typing import BinaryIO

from motjuste.errors import ConfigError
from motjuste.officer.report import Problem
from motjuste.schema_check import budget, layout
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.replay import Source, included
from motjuste.schema_check.rules.context import problem

STDIN = "<stdin>"
HEAD = 65_536  # bytes of a file that say whether it is a migration
_SKIPPED_FOLDERS = frozenset(("node_modules", "__pycache__", "target", "venv"))
_GLOB = frozenset("*?[")


class NotText(ConfigError):
    """A file that is no text in UTF-8, from this line on."""

    def __init__(self, name: str, line: int, what: str, hint: str) -> None:
        super().__init__(f"{name}:{line}: {what}", hint=hint)
        self.line, self.what = line, what


@dataclass
class Gathered:
    """The migrations in order, the tools whose order it is, and what was passed over with the reason.

    `elsewhere`: the migrations that are no SQL, each with what it is written in or for, and how to have it checked.
    `no_text`: those that could not be read as text, and why.
    """

    sources: list[Source] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict)
    no_text: dict[str, NotText] = field(default_factory=dict)
    excluded: Callable[[str], str] = lambda _: ""

    def kept(self, names: Sequence[str]) -> list[str]:
        """The names but those that the policy leaves out, which are told."""
        left_out = {n: f"excluded by {pattern!r}" for n in names if (pattern := self.excluded(n))}
        self.skipped |= left_out
        return [n for n in names if n not in left_out]


def gather(
    paths: Sequence[str],
    tool: str = "auto",
    *,
    allow_empty: bool = False,
    excluded: Callable[[str], str] = lambda _: "",
) -> Gathered:
    """Read the migrations of these paths, in the order in which they are given, but for those that a pattern leaves out.

    Raises ConfigError, naming the place, for what is not there or is no text.
    """
    found = Gathered(excluded=excluded)
    single: list[str] = []
    for path in (_from_here(p) for p in paths):
        if Path(path).is_file():
            single.append(Path(path).as_posix())
            continue
        _singles(found, single, tool, allow_empty=allow_empty)
        single = []
        if path == "-":
            found.sources.append(_streamed(STDIN, sys.stdin.buffer))
        elif Path(path).is_fifo():  # <(pg_dump -s)
            with Path(path).open("rb") as stream:
                found.sources.append(_streamed(path, stream))
        elif Path(path).is_dir():
            _add(found, _within(Path(path)), tool, path, allow_empty=allow_empty)
        elif _GLOB & set(path):
            matched = sorted(p for p in glob(path, recursive=True) if Path(p).is_file())  # noqa: PTH207
            _add(found, matched, tool, path, allow_empty=allow_empty)
        else:
            raise ConfigError(
                f"{path}: no such file or folder",
                hint="give migration files, their folder, a pattern, or - for standard input",
            )
    _singles(found, single, tool, allow_empty=allow_empty)
    if found.no_text and not found.sources:
        raise next(iter(found.no_text.values()))
    apart = layout.databases({s.name: s.text for s in found.sources})
    found.sources = [replace(s, database=apart[s.name]) for s in found.sources]
    return found


def _streamed(name: str, stream: BinaryIO) -> Source:
    """What standard input or a pipe holds, as a source."""
    raw = stream.read(budget.FILE + 1)
    _small(name, len(raw))
    return Source(name, decoded(name, raw))


def _singles(found: Gathered, names: Sequence[str], tool: str, *, allow_empty: bool) -> None:
    """Read files that were named one after the other, by a person or by a pattern of the shell."""
    names = found.kept(names)
    if not names:
        return
    chosen = layout.detect(names) if tool == "auto" else tool
    if chosen in ("golang-migrate", "flyway", "prisma", "diesel", "hasura"):
        _add(found, names, chosen, names[0], allow_empty=allow_empty)
    else:  # the order in which they were given is the order in which psql -f would run them
        _read(found, names, chosen, guessed=tool == "auto")


def _from_here(path: str) -> str:
    """The path as seen from here, as annotations in CI want it; outside of here it stays."""
    if not Path(path).is_absolute():
        return path
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path


def inside(name: str, of: str = "") -> None:
    """Raise ConfigError where a path leads out of its repository, or of that of the file `of`, by `..` or a symbolic link.

    Its repository is the nearest folder above it that git knows, else the working directory, else its own folder.
    """
    lexical = Path(os.path.abspath(of or name))  # noqa: PTH100, since resolve() would follow links
    above = (folder for folder in lexical.parents if (folder / ".git").exists())
    here = Path.cwd()
    root = next(above, here if here in lexical.parents or here == lexical else lexical.parent)
    try:
        found = Path(name).resolve()
    except (OSError, RuntimeError) as exc:  # links in a ring
        raise ConfigError(f"{name}: a symbolic link that leads nowhere", hint="remove it") from exc
    real = root.resolve()
    if found != real and real not in found.parents:
        raise ConfigError(
            f"{of or name}: {name} leads out of the repository",
            hint="a check reads no file outside of it: put a copy there, or leave the link out",
        )


def _within(folder: Path, above: tuple[Path, ...] = ()) -> list[str]:
    """The files under a folder, hidden ones and other people's packages left out."""
    if len(above) > budget.FOLDERS:
        raise budget.OverBudget(folder.as_posix(), 0, f"more than {budget.FOLDERS} folders inside each other")
    above = (*above, folder.resolve())
    found: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED_FOLDERS:
            continue
        if path.is_symlink() and path.exists():
            inside(path.as_posix())
        if path.is_dir():
            if path.resolve() not in above:  # a link to a folder around it
                found += _within(path, above)
        elif path.is_file():
            found.append(path.as_posix())
        if len(found) > budget.FILES:
            raise budget.OverBudget(folder.as_posix(), 0, f"more than {budget.FILES:,} files")
    return found


def _small(name: str, size: int) -> None:
    if size > budget.FILE:
        raise budget.OverBudget(name, 0, f"a file of more than {budget.FILE // 2**20} MiB")


def _add(found: Gathered, names: Sequence[str], tool: str, shown: str, *, allow_empty: bool) -> None:
    names = found.kept(names)
    plans = {n: read(n).text for n in names if n.endswith("sqitch.plan")}
    laid = layout.ordered(names, tool, plans)
    found.skipped |= laid.skipped
    others = {n: kind for n in names if (kind := layout.elsewhere(n, _head(n)))[0]}
    found.elsewhere |= others
    found.skipped |= {n: f"{what}, no SQL" for n, (what, _) in others.items()}
    if not laid.files and not allow_empty:
        raise ConfigError(f"{shown}: no migration in SQL there{_other(names)}", hint=_hint(others))
    _read(found, laid.files, laid.tool, guessed=tool == "auto")


def _other(names: Sequence[str]) -> str:
    return f", only {len(names)} other file(s)" if names else ""


def _hint(others: Mapping[str, tuple[str, str]]) -> str:
    ways = dict.fromkeys(f"{what}: {way}" for what, way in others.values())
    return "; ".join(ways) or "check the folder or the pattern; --allow-empty where there may be none"


def _head(name: str) -> str:
    """How a file begins that may be a migration and no SQL; '' of others, and of what cannot be read."""
    if name.lower().endswith(layout.OTHER_ENDINGS):
        inside(name)
        with suppress(OSError), Path(name).open("rb") as stream:
            return stream.read(HEAD).decode("utf-8", "replace")
    return ""


def unread(gathered: Gathered, *, each: bool, strict: bool) -> Iterator[Problem]:
    """That migrations which are no text, or no SQL, were not read: of the latter a problem each, or one for all of a kind."""
    for name, why in sorted(gathered.no_text.items()):
        yield problem(
            "statement-not-analysed",
            Place(name, why.line),
            f"not read: {why.what}: what the file changes is not seen",
            why.hint or "",
            name,
            "error" if strict else "warning",
        )
    kinds: dict[tuple[str, str], list[str]] = {}
    for name, kind in sorted(gathered.elsewhere.items()):
        kinds.setdefault(kind, []).append(name)
    for (what, way), names in kinds.items():
        for name in names if each else names[:1]:
            count = "" if each or len(names) == 1 else f", nor {len(names) - 1} more"
            yield problem(
                "statement-not-analysed",
                Place(name, 1),
                f"not analysed: {what} migration, no SQL{count}: what it changes is not seen",
                way,
                name,
                "error" if strict else "warning",
            )


def _read(found: Gathered, names: Sequence[str], tool: str, *, guessed: bool) -> None:
    if len(names) > budget.FILES:
        raise budget.OverBudget(names[0], 0, f"more than {budget.FILES:,} files")
    sources, size = [], sum(len(s.text) for s in found.sources)
    for name in names:
        try:
            sources.append(read(name))
        except NotText as exc:
            found.no_text[name] = exc
            continue
        size += len(sources[-1].text)
        if size > budget.ALL:
            raise budget.OverBudget(name, 0, f"more than {budget.ALL // 2**20} MiB in all files")
    if guessed and tool == "psql":
        tool = layout.marked(s.text for s in sources) or tool
    inner = {s.name: {_beside(s.name, name) for name in included(s.text)} - {s.name} for s in sources}
    included_ = set().union(*inner.values())
    reached: set[str] = set()
    # those that nothing includes, and of files that include each other the first
    for source in [*(s for s in sources if s.name not in included_), *sources]:
        if source.name not in reached:
            queue = [source.name]
            while queue:
                name = queue.pop()
                reached.add(name)
                queue += inner.get(name, set()) - reached
            included_.discard(source.name)
    for source in sources:
        if source.name in included_:
            found.skipped[source.name] = "another file includes it"
        else:
            found.sources.append(source)
    if tool not in found.tools:
        found.tools.append(tool)


def _beside(name: str, other: str) -> str:
    return (Path(name).parent / other).as_posix()


def include(name: str, other: str) -> Source | None:
    """The file that \\i or \\ir names: from the folder of the file that says so, else from here.

    Raises ConfigError where that is outside of the repository.
    """
    for path in (Path(name).parent / other, Path(other)):
        inside(path.as_posix(), "" if name == STDIN and not Path(other).is_absolute() else name)
        if path.is_file():
            return read(path.as_posix())
    return None


def read(name: str) -> Source:
    """A file as a source. Raises ConfigError where it cannot be read or is no text."""
    try:
        inside(name)
        with Path(name).open("rb") as stream:
            raw = stream.read(budget.FILE + 1)
        _small(name, len(raw))
        return Source(name, decoded(name, raw))
    except OSError as exc:
        raise ConfigError(f"{name}: {exc.strerror}", hint="give a file that can be read") from exc


def decoded(name: str, raw: bytes) -> str:
    """The text of a file. Raises NotText with the line for what is not UTF-8, and for binary files."""
    if raw[:5] == b"PGDMP":
        restore = f"pg_restore --schema-only -f - {name} | motjuste check -"
        raise NotText(name, 1, "a dump in pg_dump's own format", restore)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise NotText(name, 1, "UTF-16", f"iconv -f UTF-16 -t UTF-8 {name}")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise NotText(name, line, "a binary file", "give migrations in SQL, as text")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        hint = f"convert it: iconv -f WINDOWS-1252 -t UTF-8 {name}"
        raise NotText(name, line, f"not UTF-8 (byte {exc.start + 1})", hint) from exc
