"""Which files are migrations, in the order in which their tool runs them, and which part of a file goes up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import commonpath

TOOLS = (
    "auto", "psql", "dbmate", "goose", "golang-migrate", "flyway", "sqitch", "prisma", "diesel", "hasura", "supabase",
)  # fmt: skip

# The tables in which those that run migrations keep which have run: the tools make them, and what they hold is of machines.
RUNNERS = frozenset((
    "__diesel_schema_migrations", "__efmigrationshistory", "_prisma_migrations", "_sqlx_migrations", "_yoyo_log", "_yoyo_migration",
    "_yoyo_version", "alembic_version", "ar_internal_metadata", "atlas_schema_revisions", "databasechangelog", "databasechangeloglock",
    "django_migrations", "doctrine_migration_versions", "flyway_schema_history", "goose_db_version", "gorp_migrations",
    "kysely_migration", "kysely_migration_lock", "knex_migrations", "knex_migrations_lock", "pgmigrations", "phinxlog",
    "refinery_schema_history", "schema_migrations", "schema_version", "sequelizemeta",
))  # fmt: skip

_DOWN = re.compile(r"(?:^|[._-])(?:down|rollback|undo|revert)\.sql$", re.IGNORECASE)
_UP = re.compile(r"[._-]up\.sql$", re.IGNORECASE)
_DOWN_FOLDER = re.compile(r"(?:^|/)(?:downs?|rollbacks?|reverts?|undo)/", re.IGNORECASE)
_SQL = (".sql", ".psql", ".pgsql", ".sql.postgres", ".sql.postgresql")
_FLYWAY = re.compile(r"^(?:(?P<kind>[VUB])(?P<version>[\d._]+)|(?P<repeat>R))__(?P<what>.*)\.sql$")
_DIALECTS = re.compile(
    r"\.(postgres(?:ql)?|cockroach|mysql|mariadb|sqlite3?|mssql|sqlserver|oracle)\.(?:(?:autocommit\.)?up\.)?sql$"
)
_HASURA = re.compile(r"(?:^|/)\d{13}_[^/]*/up\.sql$")  # a folder by the milliseconds of its making
# Marks in the files of tools whose names and order are the plain ones.
_BY_MARKS = (
    ("goose", re.compile(r"^[ \t]*--[ \t]*\+goose[ \t]+up\b", re.I | re.M)),
    ("dbmate", re.compile(r"^[ \t]*--[ \t]*migrate:up\b", re.I | re.M)),
)
_POSTGRES = ("postgres", "postgresql")
_DUMPS = ("schema.sql", "structure.sql")
# A line of a comment that opens a part of the file: true for the part that goes up.
# a changeset of Liquibase, and what ends its statements where that is no semicolon
_CHANGESET = re.compile(r"^[ \t]*--[ \t]*changeset[ \t][^\n]*", re.I | re.M)
_END_DELIMITER = re.compile(r"\bendDelimiter:(\"[^\"\n]+\"|'[^'\n]+'|\S+)", re.I)
_PARTS = re.compile(
    r"^[ \t]*--[ \t]*(?:(?:migrate|rambler)[: ]*|\+(?:goose|migrate|micrate|duckbill)[ \t]*|)"
    r"(?P<word>(?<=migrate:)up|(?<=migrate:)down|(?<=rambler )up|(?<=rambler )down|(?<=goose )up|(?<=goose )down"
    r"|(?<=\+migrate )up|(?<=\+migrate )down|(?<=\+micrate )up|(?<=\+micrate )down|(?:up|down) migration(?=[ \t\r]*$))\b[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


# What else migrations are written in: the endings of such files, what tells them from others, and how to get their SQL.
_ELSEWHERE = tuple(
    (what, endings, re.compile(mark), way)
    for what, endings, mark, way in (
        ("Alembic", (".py",), r"\balembic\b[^\n]*\bop\b", "alembic upgrade head --sql | motjuste check -"),
        ("Django", (".py",), r"\bdjango\.db\b[^\n]*\bmigrations\b", "python manage.py sqlmigrate APP NAME | motjuste check -"),
        ("Rails", (".rb",), r"\bActiveRecord::(?:Migration|Schema)\b", "config.active_record.schema_format = :sql, then motjuste check db/structure.sql"),
        ("Liquibase", (".xml", ".yaml", ".yml", ".json"), r"\bdatabaseChangeLog\b", "liquibase update-sql | motjuste check -"),
        ("JavaScript", (".js", ".cjs", ".mjs", ".ts"), r"\bexports\.up\b|\bfunction up\b|\bMigrationInterface\b|\bup\s*[:(=]", ""),
        ("PHP", (".php",), r"\bextends (?:Abstract)?Migration\b", ""),
        ("Go", (".go",), r"\bgoose\.Add\w*Migration", ""),
        ("Java or Kotlin", (".java", ".kt"), r"\bBaseJavaMigration\b", ""),
        ("C#", (".cs",), r":\s*Migration\b", ""),
        ("Elixir", (".exs",), r"\buse Ecto\.Migration\b", ""),
    )
)  # fmt: skip
OTHER_ENDINGS = tuple({ending for _, endings, _, _ in _ELSEWHERE for ending in endings})
_OTHERWISE = "give the SQL that it runs, or judge a database that it made: motjuste check --dsn DSN"


def elsewhere(name: str, text: str) -> tuple[str, str]:
    """What a migration that is no SQL is written in or for, and how to have it checked; ('', '') for any other file."""
    for what, endings, mark, way in _ELSEWHERE:
        if name.lower().endswith(endings) and mark.search(text):
            return what, way or _OTHERWISE
    return "", ""


@dataclass
class Layout:
    """The migrations in order, the tool whose order it is, and what was passed over with the reason."""

    tool: str
    files: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts numbers by value: 2_b before 10_a."""
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.findall(r"\d+|\D+", name))


def ordered(names: Sequence[str], tool: str = "auto", plans: Mapping[str, str] | None = None) -> Layout:
    """The migrations among the files of one folder (names with /, from that folder), in the tool's order.

    `plans` are the texts of the sqitch.plan files among them, by name.
    """
    plans = plans or {}
    sql = [n for n in names if n.lower().endswith(_SQL)]
    if tool == "auto":
        tool = detect(names)
    found = _READERS.get(tool, _plain)(sql, plans)
    return Layout(tool, *_one_dialect(found))


def detect(names: Sequence[str]) -> str:
    """The tool whose files these seem to be."""
    bases = [n.rpartition("/")[2] for n in names]
    sql = [b for b in bases if b.lower().endswith(".sql")]
    if "sqitch.plan" in bases:
        return "sqitch"
    if any(n.endswith("/migration.sql") for n in names):
        return "prisma"
    pairs = [n for n in names if n.endswith("/up.sql")]
    if pairs:
        return "hasura" if all(_HASURA.search(n) for n in pairs) else "diesel"
    if any(_UP.search(b) for b in sql):
        return "golang-migrate"
    if sql and sum(bool(_FLYWAY.match(b)) for b in sql) * 2 > len(sql):
        return "flyway"
    if any("supabase/migrations/" in "/" + n for n in names):
        return "supabase"
    return "psql"


def marked(texts: Iterable[str]) -> str:
    """The tool whose marks most of these files have, of those that keep files in plain order; '' where there is none."""
    texts = list(texts)
    for tool, mark in _BY_MARKS:
        if texts and sum(bool(mark.search(t)) for t in texts) * 2 > len(texts):
            return tool
    return ""


_MAKES_TABLE = re.compile(
    r"^[ \t]*(?P<how>create[ \t]+(?:unlogged[ \t]+)?|drop[ \t]+)table[ \t]+(?!if[ \t]+not\b)(?:if[ \t]+exists[ \t]+)?(?P<name>[\w.\"]+)",
    re.IGNORECASE | re.MULTILINE,
)
# what every pg_dump since 2018 writes before it makes anything
_DUMPED = re.compile(r"pg_catalog\.set_config\('search_path', '', false\)")
_HEAD = 20_000  # characters of a file in which a dump says so


def databases(texts: Mapping[str, str]) -> dict[str, str]:
    """File -> the database that it is of, '' for the first: a dump that makes tables which others make is another one.

    A dump of what the versions beside it make, or one of several: Rails' queue_structure.sql beside structure.sql.
    """
    dumps = [n for n, t in texts.items() if _DUMPED.search(t[:_HEAD])]
    if not dumps or len(texts) == 1:
        return dict.fromkeys(texts, "")
    made = {n: _tables(t) for n, t in texts.items()}
    versions = set().union(*(made[n] for n in texts if n not in dumps))
    found = dict.fromkeys(texts, "")
    first: set[str] = set()
    for dump in dumps:
        own = made[dump] - RUNNERS
        # a base that versions start from may be made anew in part; a copy of what they make is so for the most
        if made[dump] & first or (own and len(own & versions) * 2 >= len(own)):
            found[dump] = dump
        else:
            first |= made[dump]
    return found


def _tables(text: str) -> set[str]:
    """The tables that a file makes where there are none, and does not drop."""
    made: dict[str, set[str]] = {"c": set(), "d": set()}
    for m in _MAKES_TABLE.finditer(text):
        made[m["how"][0].lower()].add(m["name"].lower().replace('"', "").removeprefix("public."))
    return made["c"] - made["d"]


_Found = tuple[list[str], dict[str, str]]


def _plain(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
    root = len(commonpath([n.rpartition("/")[0] for n in names])) if names else 0
    down = [n for n in names if _DOWN.search(n.rpartition("/")[2]) or _DOWN_FOLDER.search(n[root:])]
    skipped = dict.fromkeys(down, "it goes down")
    folders = {n.rpartition("/")[0] for n in names}
    histories = {f for f in folders if f.endswith(("migrations", "migrate"))}
    for name in names:
        folder, _, base = name.rpartition("/")
        if base in _DUMPS and histories and folder not in histories:
            skipped[name] = "a dump of what the migrations make"
    kept = [n for n in names if n not in skipped]
    return sorted(kept, key=_path_key), skipped


def _supabase(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
    """What lies in migrations/; seeds, tests and declared schemas beside it are of other commands."""
    inside = [n for n in names if "/migrations/" in "/" + n]
    kept, skipped = _plain(inside, plans)
    return kept, skipped | {n: "not in migrations/" for n in names if n not in inside}


def _path_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    return tuple(natural(part) for part in name.split("/"))


def _not_kept(names: Sequence[str], kept: Sequence[str], why: str) -> dict[str, str]:
    return {n: "it goes down" if _DOWN.search(n) else why for n in names if n not in kept}


def _pairs(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
    """golang-migrate: 1_title.up.sql, by number whatever the folder."""
    up = [n for n in names if _UP.search(n)]
    skipped = _not_kept(names, up, "not named .up.sql")
    return sorted(up, key=lambda n: (natural(n.rpartition("/")[2]), n)), skipped


def _folders(base: str) -> Callable[[Sequence[str], Mapping[str, str]], _Found]:
    """diesel, Hasura and Prisma: a folder a migration, by the folder's name."""

    def read(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
        kept = [n for n in names if n.rpartition("/")[2] == base]
        return sorted(kept, key=_path_key), _not_kept(names, kept, f"not named {base}")

    return read


def _flyway(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
    versions, repeats, skipped = [], [], {}
    for name in names:
        m = _FLYWAY.match(name.rpartition("/")[2])
        if m is None:
            skipped[name] = "not named V<version>__, R__ or B<version>__"
        elif m["kind"] == "U":
            skipped[name] = "it goes down"
        elif m["repeat"]:
            repeats.append((m["what"], name))
        else:
            number = tuple(int(p) for p in re.split(r"[._]+", m["version"]) if p)
            versions.append((number, m["kind"] == "V", name))
    baseline = max((v for v in versions if not v[1]), default=None)
    kept = []
    for version in sorted(versions):
        if baseline is not None and (version[0] <= baseline[0] and version != baseline):
            skipped[version[2]] = f"older than the baseline {baseline[2]}"
        else:
            kept.append(version[2])
    return [*kept, *(n for _, n in sorted(repeats))], skipped


def _sqitch(names: Sequence[str], plans: Mapping[str, str]) -> _Found:
    kept: list[str] = []
    for plan, text in sorted(plans.items()):
        root = plan.rpartition("/")[0]
        prefix = f"{root}/" if root else ""
        changes: list[str] = []
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line or line[0] in "%-":
                continue
            if line[0] == "@":
                tag = line.split()[0]
                # a change that is written again later keeps its old script as name@tag.sql
                again = {n.removeprefix(prefix + "deploy/").removesuffix(".sql") for n in names}
                changes = [f"{c}{tag}" if f"{c}{tag}" in again else c for c in changes]
                continue
            changes.append(re.split(r"[\s\[]", line.lstrip("+"))[0])
        kept += [f"{prefix}deploy/{c}.sql" for c in changes]
    there = set(names)
    missing = [n for n in kept if n not in there]
    skipped = {n: "in no sqitch.plan, or of revert or verify" for n in names if n not in set(kept)}
    skipped |= dict.fromkeys(missing, "named in sqitch.plan but not there")
    return [n for n in kept if n in there], skipped


_READERS: dict[str, Callable[[Sequence[str], Mapping[str, str]], _Found]] = {
    "golang-migrate": _pairs,
    "diesel": _folders("up.sql"),
    "hasura": _folders("up.sql"),
    "prisma": _folders("migration.sql"),
    "flyway": _flyway,
    "sqitch": _sqitch,
    "supabase": _supabase,
}


def _one_dialect(found: _Found) -> _Found:
    """Where a migration is there for several databases, the one for PostgreSQL."""
    files, skipped = found
    stems: dict[str, set[str]] = {}
    for name in files:
        m = _DIALECTS.search(name)
        if m:
            stems.setdefault(name[: m.start()], set()).add(m[1])
    kept = []
    for name in files:
        m = _DIALECTS.search(name)
        if m and m[1] not in _POSTGRES:
            skipped[name] = f"for {m[1]}"
            continue
        plain = re.sub(r"\.(?:autocommit\.)?(?:up\.)?sql$", "", name)
        if m is None and stems.get(plain, set()) & set(_POSTGRES):
            skipped[name] = "there is one for PostgreSQL"
            continue
        kept.append(name)
    return kept, skipped


def delimited(text: str) -> str:
    """The text of a Liquibase file with a semicolon for each `endDelimiter` of a changeset; nothing else moves."""
    if "enddelimiter" not in text[:200_000].lower() or not _CHANGESET.search(text):
        return text
    marks = list(_CHANGESET.finditer(text))
    parts = [text[: marks[0].start()]]
    for mark, after in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=True):
        part = text[mark.start() : after]
        if said := _END_DELIMITER.search(mark[0]):
            sign = re.sub(r"^(?:\\n)+|(?:\\s\*|\$)+$", "", said[1].strip("\"'"))
            alone = r"^" if len(sign) < 2 or sign.isalnum() else ""
            if sign and sign != ";":
                ends = re.compile(rf"{alone}([ \t]*){re.escape(sign)}(?=[ \t\r]*$)", re.I | re.M)
                part = ends.sub(lambda m: m[1] + ";" + " " * (len(m[0]) - len(m[1]) - 1), part)
        parts.append(part)
    return "".join(parts)


def up_parts(text: str) -> list[tuple[str, int]]:
    """(text, number of its first line) of the parts of a file that go up; the whole where it has no such marks."""
    marks = list(_PARTS.finditer(text))
    if not marks:
        return [(text, 1)]
    # what stands before the marks is run too: nothing is lost in silence
    parts = [(text[: marks[0].start()], 1)]
    for i, mark in enumerate(marks):
        if mark["word"].lower().startswith("up"):
            end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
            parts.append((text[mark.end() : end], 1 + text.count("\n", 0, mark.end())))
    return parts
