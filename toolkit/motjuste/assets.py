"""Where sql/, rules/ and migrations/ are: the one place that knows, in a wheel or a checkout."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motjuste.engine import compiled
from motjuste.engine.confidence import Words
from motjuste.engine.matcher import Matcher
from motjuste.engine.memory import growing
from motjuste.engine.program import Program
from motjuste.errors import MotjusteError, ProgramError, RuleError
from motjuste.files import private
from motjuste.model import Pack
from motjuste.printable import message
from motjuste.rulepack.overrides import Choices, tailored

AS_SHIPPED = Choices()
# the modules that make a pack what it is: where one of them changed, what was compiled before is of no use
COMPILER = (
    "engine/text",
    "rulepack/forms",
    "rewriting/grammar",
    "rulepack/phrase",
    "rulepack/raw",
    "rulepack/shape",
    "rulepack/source",
    "rulepack/draft",
    "rulepack/rule",
    "rulepack/rules",
    "rulepack/overrides",
    "engine/compiled",
    "rulepack/automaton",
    "engine/misspelling",
    "rulepack/misspelt",
    "rulepack/link",
    "rulepack/widen",
    "rulepack/coded",
    "rulepack/compile",
    "rulepack/keywords",
    "engine/program",
)
# compiled packs of a language in the cache, the last used: of the shipped ones, one for each version that is in use; of
# those with own files, one for each policy
KEPT = 4
ABANDONED = 3600  # seconds after which what is half written was left by a process that was killed


def asset_dir(name: str) -> Traversable:
    """The folder `sql`, `rules`, `migrations` or `kernel`. Raises MotjusteError where it is missing."""
    in_wheel = files("motjuste") / name
    here = Path(__file__).resolve()
    in_checkout = here.parents[1 if name == "kernel" else 2] / name
    for folder in (in_wheel, in_checkout):
        if folder.is_dir():
            return folder
    raise MotjusteError(f"the {name} folder is missing", hint="reinstall motjuste")


def read(*path: str) -> str:
    """The text of one asset: read("rules", "fr", "lists.toml")."""
    folder = asset_dir(path[0])
    for part in path[1:]:
        folder = folder / part
    return folder.read_text(encoding="utf-8")


def query(name: str) -> str:
    """The text of a query: query("columns.sql"). `@types@` in it stands for what types.sql says, `@trusted@`, `@wanted@` and `@reached@` likewise."""
    found = read("sql", "queries", name)
    for part in ("types", "trusted", "wanted", "reached"):
        if f"@{part}@" in found:
            found = found.replace(f"@{part}@", read("sql", "queries", f"{part}.sql"))
    return found


def pack_files(folder: Traversable | Path) -> dict[str, str]:
    """Name -> text of the TOML files of one folder, and of `built` in it. Raises MotjusteError where one is not UTF-8."""
    found = {}
    built = folder / "built"
    files = [*folder.iterdir(), *(built.iterdir() if built.is_dir() else ())]
    for file in sorted(files, key=lambda f: f.name):
        if file.name.endswith(".toml"):
            try:
                found[file.name] = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as exc:
                raise MotjusteError(f"{file.name} is not UTF-8", hint="save the file as UTF-8") from exc
    return found


def shipped(language: str = "fr") -> dict[str, str]:
    """Name -> text of the rule files of a language. Raises MotjusteError where there are none."""
    folder = asset_dir("rules")
    if language not in (known := [f.name for f in folder.iterdir() if f.is_dir()]):
        raise MotjusteError(
            f"no rules in the language {language!r}", hint=f"choose one of {', '.join(sorted(known))}"
        )
    return pack_files(folder / language)


@cache
def pack(language: str = "fr", choices: Choices = AS_SHIPPED) -> Pack:
    """The compiled pack of a language that ships with motjuste, as a policy's choices make it, with its examples.

    Raises RuleError where a user's own file is wrong, or one of its examples does not hold: all problems at once.
    """
    texts = shipped(language)
    return _fitted(made(language, texts, choices.own), language, choices)


@cache
def matcher(language: str = "fr", choices: Choices = AS_SHIPPED) -> Matcher:
    """What finds by the pack of a language as a policy's choices make it. Its pack has no examples: see `pack`. Raises as that does."""
    programs = own_programs(language, choices.own) if choices.own else (shipped_program(language),)
    light = compiled.read(programs[-1].meta["pack"])
    # a program of no rules would have each note read once more for nothing
    walked = (p for p in programs[1:] if p.meta["rules"] or p.meta["effects"])
    return Matcher(programs[0], _fitted(light, language, choices), *walked)


def _fitted(pack: Pack, language: str, choices: Choices) -> Pack:
    if choices == AS_SHIPPED:
        return pack
    digest = _digest(shipped(language), choices)
    return replace(tailored(pack, choices), digest=digest, version=f"{pack.version}+policy")


@cache
def shipped_program(language: str = "fr") -> Program:
    """The program of the shipped rules of a language: of the wheel, else of the cache, else compiled, which takes half a minute."""
    built = files("motjuste") / "built" / f"{language}.program"
    if isinstance(built, Path) and built.is_file():
        with built.open("rb") as stream:
            return Program.of(stream, built.name)
    texts = shipped(language)
    file = _cache_file(language, _digest(texts, AS_SHIPPED), kind="program")
    try:
        if found := _kept_program(file):
            return found
    except private.Untrusted as exc:
        _distrust(exc)
        file = None
    content = compiled_program(language)
    if file:
        _keep(file, content)
    return Program(content)


def is_compiled(language: str = "fr") -> bool:
    """Whether the program of the shipped rules is there already: in the wheel, or in the cache."""
    built = files("motjuste") / "built" / f"{language}.program"
    try:
        file = _cache_file(language, _digest(shipped(language), AS_SHIPPED), kind="program")
        return built.is_file() or _kept_program(file) is not None
    except private.Untrusted:
        return False


def compiled_program(language: str = "fr") -> bytes:
    """The bytes of the program of the shipped rules of a language, compiled now."""
    from motjuste.rulepack import compile as compiling
    from motjuste.rulepack import rules

    texts = shipped(language)
    found = made(language, texts)
    return compiling.program(rules.drafted(texts), found, found.weights)


@cache
def own_programs(language: str, own: tuple[tuple[str, str], ...]) -> tuple[Program, Program]:
    """The program of the shipped rules with the words that a user's own files add to their lists, and that of the user's own rules and
    of those that they change otherwise; out of the cache, else compiled and kept.

    Raises RuleError as `pack` does.
    """
    texts = shipped(language)
    with suppress(private.Untrusted):  # which `made` tells
        if found := _kept_programs(language, texts, own):
            return found
    pack = made(language, texts, own)  # which keeps the programs where it tries its examples
    with suppress(private.Untrusted):
        if found := _kept_programs(language, texts, own):
            return found
    return _own_compiled(language, texts, own, pack)


def _own_files(
    language: str, texts: dict[str, str], own: tuple[tuple[str, str], ...]
) -> tuple[Path | None, Path | None]:
    digest = _digest(texts, Choices(own))
    linked, added = (_cache_file(language, digest, kind=kind, own=True) for kind in ("linked", "program"))
    return linked, added


def _kept_programs(
    language: str, texts: dict[str, str], own: tuple[tuple[str, str], ...]
) -> tuple[Program, Program] | None:
    """What the cache holds of `own_programs`. Raises Untrusted as `_kept` does."""
    linked, added = map(_kept_program, _own_files(language, texts, own))
    if added is None:
        return None
    base = linked or shipped_program(language)
    # the one that it was made beside: each is written by itself
    return (base, added) if added.meta["beside"] == base.digest else None


def trial(language: str, texts: dict[str, str], own: dict[str, str], pack: Pack) -> Matcher:
    """What finds by a pack of these files that was just compiled, to try its examples; nothing is kept."""
    from motjuste.rulepack import compile as compiling
    from motjuste.rulepack import rules

    if texts != shipped(language):
        return Matcher(Program(compiling.program(rules.drafted(texts, own), pack, pack.weights)), pack)
    if not own:
        return Matcher(shipped_program(language), pack)
    base, added = _own_compiled(language, texts, tuple(own.items()), pack)
    return Matcher(base, pack, added)


def _own_compiled(
    language: str, texts: dict[str, str], own: tuple[tuple[str, str], ...], found: Pack
) -> tuple[Program, Program]:
    """The programs of own files, see `own_programs`; `found` is the pack with them."""
    from motjuste.rulepack import compile as compiling
    from motjuste.rulepack import link, rules

    base = shipped_program(language)
    before = made(language, texts)
    drafted = rules.drafted(texts, dict(own), before, base)
    try:
        base = Program(link.linked(base, drafted.words)) if drafted.words else base
    except RuleError:  # what names the lists is compiled again
        drafted = rules.drafted(texts, dict(own), before)
    return base, Program(compiling.program(drafted, found, None, beside=base.digest))


def _kept_program(file: Path | None) -> Program | None:
    """The program that the cache holds; None where it is not there yet, or damaged. Raises Untrusted as `_kept` does."""
    if file is None:
        return None
    with suppress(ProgramError, OSError), private.opened(file) as stream:
        found = Program.of(stream, file.name)
        with suppress(OSError):  # a cache that can only be read
            file.touch()
        return found
    return None


def _distrust(exc: private.Untrusted) -> None:
    print(
        f"motjuste: the rules are compiled afresh, the cache is not used: {message(exc.message)}",
        file=sys.stderr,
    )


def words(language: str = "fr") -> Words:
    """What the second reading knows of a language's words."""
    return Words.of(tomllib.loads(read("rules", language, "lists.toml"))["lists"])


@growing()
def made(language: str, texts: dict[str, str], own: tuple[tuple[str, str], ...] = ()) -> Pack:
    """The compiled pack of these files: out of the cache, else compiled, with `own` ones on top of the pack without, and kept.

    Raises RuleError as `pack` does.
    """
    digest = _digest(texts, Choices(own))
    file = _cache_file(language, digest, kind="json", own=bool(own))
    try:
        if found := _kept(file):
            return found
    except private.Untrusted as exc:
        _distrust(exc)
        file = None
    from motjuste.rulepack import examples, rules  # which a pack that is compiled already does without

    before = made(language, texts) if own else None
    found = replace(rules.load(texts, dict(own), before), digest=digest)
    if own:
        base, added = _own_compiled(language, texts, own, found)
        tried = Matcher(base, found, added)
        rules.refuse(examples.problems(tried, examples.own(found, dict(own))))
        for path, program in zip(_own_files(language, texts, own), (base, added), strict=True):
            if file and path and program is not shipped_program(language):
                _keep(path, bytes(program.content))
    if file:
        _keep(file, compiled.dump(found).encode())
    return found


def _kept(file: Path | None) -> Pack | None:
    """The pack that the cache holds; None where it is not there yet, or damaged.

    Raises Untrusted where others can write the cache: a rule may have been taken out of it.
    """
    try:
        if file:
            found = compiled.read(private.trusted(file).decode("utf-8"))
            with suppress(OSError):  # a cache that can only be read
                file.touch()
            return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _digest(texts: dict[str, str], choices: Choices) -> str:
    """A digest of the rules, of what a policy makes of them, and of the code: each changes what a pack does."""
    found = hashlib.sha256()
    for module in COMPILER:
        found.update(Path(__file__).parent.joinpath(f"{module}.py").read_bytes())
    for name, content in (*sorted(texts.items()), *choices.own):
        found.update(f"{name}\0{content}\0".encode())
    changes = [(c.target, c.level) for c in choices.changes]
    if choices.profile or changes:
        found.update(repr((choices.profile, changes)).encode())
    return found.hexdigest()


def _cache_file(language: str, digest: str, *, kind: str, own: bool = False) -> Path | None:
    """Where a compiled pack is kept: in the user's own cache folder, None for an account without a home."""
    cache = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME")
    folder = Path(cache) if cache else Path(home, ".cache") if home else None
    return folder and folder / "motjuste" / f"{'own-' if own else ''}{language}-{digest[:32]}.{kind}"


def _keep(file: Path, content: bytes) -> None:
    """Write a file of the cache whole or not at all; a cache that cannot be written is no error."""
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob("tmp*"):
            if left.stat().st_mtime < time.time() - ABANDONED:
                left.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=folder, delete=False) as part:
            part.write(content)
        Path(part.name).replace(file)
        kind = file.name.rpartition("-")[0]
        newest = sorted(folder.glob(f"{kind}-*{file.suffix}"), key=lambda f: f.stat().st_mtime)
        for old in newest[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def kept(kind: str, digest: str) -> bytes | None:
    """What `keep` kept of this kind for a pack with this digest; None where there is nothing, or others could have written it."""
    with suppress(OSError, private.Untrusted):
        if file := _derived(kind, digest):
            return private.trusted(file)
    return None


def keep(kind: str, digest: str, content: bytes) -> None:
    """Keep what was computed of a pack in the user's cache, for `kept`."""
    if file := _derived(kind, digest):
        _keep(file, content)


def _derived(kind: str, digest: str) -> Path | None:
    """The file of it: another one where any of our code changes."""
    found = hashlib.sha256(digest.encode())
    found.update(_code())
    return _cache_file(kind, found.hexdigest(), kind="bin")


@cache  # which reads each module
def _code() -> bytes:
    """A digest of our code."""
    found = hashlib.sha256()
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(module.read_bytes())
    return found.digest()
