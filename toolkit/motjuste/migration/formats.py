"""The formats of migration runners: their files, the names of these, and who opens the transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from motjuste.errors import ConfigError
from motjuste.migration.plan import Plan, Step
from motjuste.migration.quote import comment, python
from motjuste.migration.seal import sealed


@dataclass(frozen=True)
class Options:
    """The options of a runner beside the name: `pause` is the number of seconds between two batches."""

    version: str = ""
    down_revision: str = ""
    dependency: str = ""
    pause: float = 0.05
    vacuum: bool = True


@dataclass(frozen=True)
class Format:
    """A runner. `files` maps a file's name to its template, or to '' for the verification; `own`: it opens no transaction.

    `needs` are the options that it cannot do without, `name` what a migration's name looks like, `then` the next step.
    """

    files: tuple[tuple[str, str], ...]
    then: str
    own: bool = False
    in_python: bool = False
    needs: tuple[str, ...] = ()
    name: str = r".+"
    version: str = r".*"


FORMATS: Mapping[str, Format] = {
    "psql": Format(
        (("deploy.sql", "psql.sql"), ("verify.sql", ""), ("revert.sql", "revert.sql")),
        "motjuste migrate apply {folder} --dry-run",
        own=True,
    ),
    "sqitch": Format(
        (("deploy/{name}.sql", "sqitch.sql"), ("verify/{name}.sql", ""), ("revert/{name}.sql", "revert.sql")),
        "sqitch add {name} -n 'redaction' (it keeps these files), then sqitch deploy --verify",
        own=True,
        name=r"[^\W\d_][\w-]*\w",
    ),
    "flyway": Format(
        (("V{version}__{name}.sql", "flyway.sql"), ("V{version}__{name}.sql.conf", "flyway.conf"), ("verify-{name}.sql", "")),
        "flyway migrate",
        needs=("version",),
        name=r"\w+",
        version=r"\d+([._]\d+)*",
    ),
    "dbmate": Format(
        (("{version}_{name}.sql", "dbmate.sql"), ("verify-{name}.sql", "")),
        "dbmate up",
        needs=("version",),
        name=r"\w+",
        version=r"\d+",
    ),
    "golang-migrate": Format(
        (
            ("{version}_{name}.up.sql", "golang_up.sql"),
            ("{version}_{name}.down.sql", "golang_down.sql"),
            ("verify-{name}.sql", ""),
        ),
        "migrate -path {folder} -database URL up",
        needs=("version",),
        name=r"\w+",
        version=r"\d+",
    ),
    "alembic": Format(
        (("{revision}_{name}.py", "alembic.py.in"), ("verify-{name}.sql", "")),
        "alembic upgrade {revision}",
        in_python=True,
        needs=("down_revision",),
        name=r"\w+",
    ),
    "django": Format(
        (("{name}.py", "django.py.in"), ("verify-{name}.sql", "")),
        "python manage.py migrate",
        in_python=True,
        needs=("dependency",),
        name=r"\d{4}_\w+",
    ),
}  # fmt: skip
_HELP = {
    "version": "--version, the number of this migration",
    "down_revision": "--down-revision, the revision before this one (`base` where it is the first)",
    "dependency": "--dependency, the migration before this one: app.0041_name",
}


@dataclass(frozen=True)
class Writing:
    """A plan in one runner's format. Raises ConfigError where the name or an option does not fit."""

    plan: Plan
    chosen: str
    options: Options

    def __post_init__(self) -> None:
        form, name = self._format, self.plan.about.name
        for option in form.needs:
            if not getattr(self.options, option):
                raise ConfigError(
                    f"--format {self.chosen} needs {_HELP[option]}",
                    hint="nothing was written; add the option",
                )
        if not re.fullmatch(form.name, name) or "/" in name:
            raise ConfigError(f"{name!r} is no name for {self.chosen}", hint=f"give --name, as {form.name}")
        if not re.fullmatch(form.version, self.options.version):
            raise ConfigError(
                f"{self.options.version!r} is no version for {self.chosen}",
                hint=f"give --version, as {form.version}",
            )
        if self.chosen == "django" and not re.fullmatch(r"\w+\.\w+", self.options.dependency):
            raise ConfigError(
                f"{self.options.dependency!r} is no migration of Django", hint="write app.0041_name"
            )

    @property
    def _format(self) -> Format:
        return FORMATS[self.chosen]

    @property
    def then(self) -> str:
        """The next step with the files, with `{folder}` for their folder."""
        return self._format.then.replace("{name}", self.plan.about.name).replace("{revision}", self._revision)

    @property
    def _revision(self) -> str:
        # Alembic's ids are random; this one is the same for the same migration
        return hashlib.sha256(f"{self.options.down_revision}/{self.plan.about.name}".encode()).hexdigest()[
            :12
        ]

    def files(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Each file's name with its text, in pieces."""
        for pattern, template in self._format.files:
            if template == "flyway.conf" and not self.plan.batch:
                continue  # only batches run outside Flyway's transaction
            name = pattern.format(
                name=self.plan.about.name, version=self.options.version, revision=self._revision
            )
            pieces = self._file(template) if template else self._verify()
            says = not template or "@header@" in self.plan.templates[template]
            mark = "#" if name.endswith(".py") else "--"
            yield name, sealed(pieces, mark) if says else pieces

    def _file(self, template: str) -> Iterator[str]:
        mark = "#" if self._format.in_python else "--"
        values = {
            "header": "".join(f"{mark} {line}\n" for line in self._header()).rstrip("\n"),
            "name": self.plan.about.name,
            "version": self.options.version,
            "revision": self._revision,
            "down_revision": repr(
                None if self.options.down_revision == "base" else self.options.down_revision
            ),
            "atomic": str(not self.plan.batch),
            "by_batch": str(bool(self.plan.batch)),
            "dependency": repr(tuple(self.options.dependency.split("."))),
            "outside": " transaction:false" if self.plan.batch else "",
            "vacuum": "\n".join(self.plan.vacuum() if self.options.vacuum else ()),
        }
        for i, piece in enumerate(re.split(r"@(steps|batches|plain|down)@\n", self.plan.templates[template])):
            if i % 2:
                yield from _BODIES[piece](self)
            else:
                yield re.sub(r"@([a-z_]+)@", lambda m: str(values.get(m[1], m[0])), piece)

    def _header(self) -> Iterator[str]:
        yield from self.plan.header()
        if not (self._format.own and self.options.vacuum):
            yield "Afterwards, outside a transaction, to drop the dead row versions: " + comment(
                " ".join(self.plan.vacuum())
            )

    def _verify(self) -> Iterator[str]:
        yield "".join(f"-- {line}\n" for line in self.plan.header())
        yield "-- Raises an exception where what was redacted still stands. Changes nothing; psql -f, or motjuste migrate verify.\n"
        yield from _psql_settings()
        yield "begin;\n" + self._limits()
        yield from self.plan.verify()
        yield "rollback;\n"

    def _limits(self) -> str:
        return self.plan.templates["limits.sql"].replace("@give_way@", self.plan.templates["give_way.sql"])

    def _plain(self) -> Iterator[str]:
        """Every step in the runner's own transaction."""
        yield self._limits()
        for step in self.plan.deploy():
            if step.kind == "finish":
                yield self.plan.templates["tell.sql"]
            yield step.text

    def _transactions(self) -> Iterator[str]:
        """Every step in transactions of ours: one, or one a step with a pause after each batch."""
        if not self.plan.batch:
            yield "begin;\n" + _said("all", self.plan.survey.notes)
            yield from self._plain()
            yield "commit;\n"
            return
        for step in self.plan.deploy():
            yield self._transaction(step)

    def _transaction(self, step: Step) -> str:
        tell = self.plan.templates["tell.sql"] if step.kind == "batch" else ""
        text = "begin;\n" + _said(step.kind, step.notes) + self._limits() + step.text + tell + "commit;\n"
        if step.kind == "batch" and self.options.pause:
            text += f"do $$ begin perform pg_sleep({self.options.pause:g}); end $$;\n"
        return text

    def _steps(self) -> Iterator[str]:
        """The pieces of a list of Python strings."""
        if not self.plan.batch:
            yield '    """\\\n'
            for text in self._plain():
                yield python(text)
            yield '""",\n'
            return
        for step in self.plan.deploy():
            yield '    """\\\n' + python(self._transaction(step)) + '""",\n'

    def _for_runner(self) -> Iterator[str]:
        """As SQL for a runner with a transaction of its own, which batches do without."""
        yield from self._transactions() if self.plan.batch else self._plain()


_BODIES: Mapping[str, Callable[[Writing], Iterable[str]]] = {
    "plain": Writing._for_runner,
    "batches": Writing._transactions,
    "steps": Writing._steps,
    "down": lambda w: [w.plan.templates["down.sql"]],
}


def _psql_settings() -> Iterator[str]:
    yield "\\set ON_ERROR_STOP on\nset client_encoding = 'UTF8';\nset standard_conforming_strings = on;\n"


def _said(kind: str, notes: int) -> str:
    return f"-- motjuste: {kind} {notes}\n"
