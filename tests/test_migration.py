"""Rendering a redaction: names and values that would break out of their quotes, every runner's files, the file read back."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from motjuste import assets
from motjuste.errors import ConfigError, MotjusteError
from motjuste.migration import quote, seal
from motjuste.migration.decisions import identity
from motjuste.migration.formats import FORMATS, Options, Writing
from motjuste.migration.plan import Plan
from motjuste.migration.rows import Rows
from motjuste.migration.script import units
from motjuste.migration.shape import About, Around, Copy, NoteColumn, place
from motjuste.migration.survey import Surveyor
from motjuste.model import Decision, Edit, Match, Verdict

FOLDER = assets.asset_dir("migrations") / "templates"
TEMPLATES = {f.name: f.read_text(encoding="utf-8") for f in FOLDER.iterdir()}
ABOUT = About("nettoyage", "pack fr 1", "0.1.0", "ef" * 32)
COLUMN = NoteColumn("crm.client", "note", "", "text", (("id", "integer"),))
CATEGORIES = {"sante-alcool": "sante", "injure": "injure"}
NEEDED = Options(version="7", down_revision="abc", dependency="crm.0006_notes")


def decision(
    row_key: dict[str, Any], *edits: Edit, relation: str = "crm.client", column: str = "note"
) -> Decision:
    return Decision(
        relation, column, "", row_key, "ab" * 32, (Verdict("sante-alcool", 7, 10, "accept"),),
        edits or (Edit(0, 5, "mot"),), "alice", "cd" * 32,
    )  # fmt: skip


def find(text: str) -> list[Match]:
    return [Match(0, 4, "injure", "injure", "block")] if "idiot" in text else []


def surveyor(column: NoteColumn = COLUMN, unknown: Collection[int] = (), **options: Any) -> Surveyor:
    return Surveyor("f.jsonl", find, CATEGORIES, lambda _: unknown, lambda _: column, **options)


def ignored(*_: object) -> None:
    """What a survey gives, where only its checks matter."""


def made(
    *decisions: Decision,
    column: NoteColumn = COLUMN,
    about: About = ABOUT,
    batch: int = 0,
    around: Around = Around(),  # noqa: B008
) -> Plan:
    rows, s = Rows(io.BytesIO()), surveyor(column)
    survey = s.survey(enumerate(sorted(decisions, key=identity), 1), rows.add)
    return Plan(
        rows,
        survey,
        s.columns,
        TEMPLATES,
        about,
        around,
        batch,
    )


def files(plan: Plan, form: str = "psql", options: Options = NEEDED) -> dict[str, str]:
    return {name: "".join(pieces) for name, pieces in Writing(plan, form, options).files()}


def name_of(form: str) -> str:
    return "0007_nettoyage" if form == "django" else "nettoyage"


@pytest.mark.parametrize("batch", [0, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_no_placeholder_is_left_in_any_format(form: str, batch: int) -> None:
    plan = made(
        *(decision({"id": i}) for i in range(5)), about=replace(ABOUT, name=name_of(form)), batch=batch
    )
    for name, text in files(plan, form).items():
        assert not re.search(r"@[a-z_]+@", text), name
        assert "{" not in name
        if name.endswith(".py"):
            ast.parse(text)


def test_no_placeholder_stands_in_dollar_quotes() -> None:
    for name, text in TEMPLATES.items():
        for quoted in text.split("$$")[1::2]:
            assert "@" not in quoted, name


@pytest.mark.parametrize("form", FORMATS)
def test_same_decisions_same_bytes_whatever_their_order(form: str) -> None:
    some = [decision({"id": i}) for i in range(20)]
    dismissed = replace(decision({"id": 99}), edits=())
    about = replace(ABOUT, name=name_of(form))
    one = files(made(*some, dismissed, about=about), form)
    assert one == files(made(*reversed(some), about=about), form)
    assert any("redaction of 20 note(s) in one transaction" in text for text in one.values())
    assert not any('"id": 99' in text for text in one.values())


@pytest.mark.parametrize("form", FORMATS)
def test_each_file_is_sealed(form: str) -> None:
    plan = made(*(decision({"id": i}) for i in range(3)), about=replace(ABOUT, name=name_of(form)))
    told = {name: text for name, text in files(plan, form).items() if seal.about(text)}
    assert len(told) > 1
    for text in told.values():
        assert seal.about(text) == (name_of(form), 3)
        assert seal.broken(text) == ""
        lines = text.splitlines(keepends=True)
        for i in range(len(lines)):
            assert seal.broken("".join([*lines[:i], *lines[i + 1 :]]))


def test_batches_are_transactions_and_the_header_says_so() -> None:
    text = files(made(*(decision({"id": i}) for i in range(5)), batch=2))["deploy.sql"]
    assert "in batches of 2 notes, each committed" in text
    found = list(units(text.splitlines(keepends=True), "deploy.sql"))
    assert [u.kind for u in found if u.kind != "aside"] == [
        "session",
        "part",
        "batch",
        "batch",
        "batch",
        "finish",
    ]
    assert [u.notes for u in found if u.kind == "batch"] == [2, 2, 1]
    assert text.count("perform pg_sleep(0.05)") == 3


def test_a_table_without_a_key_is_one_batch() -> None:
    plan = made(*(decision({}, Edit(i, 1, "")) for i in range(1)), column=replace(COLUMN, key=()), batch=1)
    text = files(plan)["deploy.sql"]
    assert "where true\n" in text
    assert "then 'changed since review'" in text


NAME = 'n"; drop table y; --\n-- migrate:down\nbegin;\n\\! rm @relation@ ${x}'


@pytest.mark.parametrize("form", FORMATS)
def test_names_and_values_stay_inside_their_quotes(form: str) -> None:
    column = NoteColumn('crm."x""\ncommit;\n"', NAME, "", "text", (("k'\"", "text"),))
    d = decision(
        {"k'\"": 'o\'\n\\"""; commit; --\r\u2028'},
        Edit(0, 1, "it's $${x}"),
        relation=column.relation,
        column=NAME,
    )
    about = replace(ABOUT, name="a'; drop" if form == "psql" else name_of(form))
    text = next(iter(files(made(d, column=column, about=about), form).values()))
    sql = text if not FORMATS[form].in_python else "".join(s for s in strings(text) if "update" in s)
    assert (
        'set U&"n""; drop table y; --\\000A-- migrate:down\\000Abegin;\\000A\\005C! rm @relation@ \\0024{x}" = '
        in sql.replace("\\\\!", "\\005C!")
    )
    assert "it''s \\u0024\\u0024{x}" in sql
    assert "${" not in text
    # no line of the file is what a line of data said
    lines = text.splitlines()
    assert lines.count("-- migrate:down") == (form == "dbmate")
    assert lines.count("begin;") == FORMATS[form].own
    assert "\u2028" not in text


def strings(source: str) -> list[str]:
    return [
        n.value
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


@pytest.mark.parametrize(
    "row_key", [{}, {"other": 1}, {"id": 1, "other": 2}, {"id": [1]}, {"id": None}, {"id": {}}]
)
def test_a_key_that_does_not_fit_the_table_is_refused(row_key: dict[str, Any]) -> None:
    with pytest.raises(MotjusteError, match=r"crm\.client"):
        files(made(decision(row_key)))


def test_a_json_key_is_set_alone() -> None:
    json = replace(COLUMN, column="doc", json_key="it's", kind="json")
    deploy = files(made(decision({"id": 1}), column=json))["deploy.sql"]
    assert """jsonb_set(t."doc"::jsonb, array['it''s'], to_jsonb(""" in deploy
    assert "::json\n" in deploy


def test_copies_are_redacted_by_digest_and_told() -> None:
    history = NoteColumn("crm.client_history", "note", "", "text", (("id", "bigint"),))
    d = decision({"id": 1})
    around = Around(
        (Copy("table", "crm.client_history.note", "12 row(s)", "redacted too"),), {place(d): (history,)}
    )
    found = files(made(d, around=around))
    assert (
        "also holds the text: table crm.client_history.note: 12 row(s); redacted too" in found["deploy.sql"]
    )
    assert "update crm.client_history as t" in found["deploy.sql"]
    assert "from crm.client_history as t" in found["verify.sql"]


# -- what a plan refuses ------------------------------------------------------------------------------

OTHER = decision({"id": 2})


@pytest.mark.parametrize(
    ("lines", "options", "said"),
    [
        ([decision({"id": 1}), OTHER, replace(OTHER, edits=(Edit(9, 1, ""),))], {}, "f.jsonl:3: a second decision for the note of line 2"),
        ([OTHER, replace(OTHER, note_digest="ac" * 32)], {}, "f.jsonl:2: a second decision"),
        ([OTHER, replace(OTHER, row_key={"id": 3}, edits=(Edit(0, 1, "idiot"),))], {}, "f.jsonl:2: a replacement holds a finding itself (injure)"),
        ([replace(OTHER, verdicts=(Verdict("gone", 0, 1, "accept"),))], {}, "f.jsonl:1: rule 'gone' is not in the pack"),
        ([replace(OTHER, verdicts=(Verdict("injure", 0, 1, "dismiss"),))], {}, "f.jsonl:1: it edits the note, but no verdict"),
        ([OTHER], {"unknown": [0]}, "f.jsonl:1: no such finding in this database"),
        ([OTHER], {"second_reader": True}, "f.jsonl:1: nobody confirmed it"),
        ([replace(OTHER, second_reader="alice")], {"second_reader": True}, "f.jsonl:1: its second reader is its reviewer"),
    ],
)  # fmt: skip
def test_decisions_that_cannot_be_planned_name_their_line(
    lines: list[Decision], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        surveyor(**options).survey(enumerate(lines, 1), ignored)
    assert caught.value.message.startswith(said)
    assert caught.value.hint


def test_a_second_decision_is_found_wherever_it_stands() -> None:
    lines = list(enumerate([OTHER, decision({"id": 1}), replace(OTHER, edits=(Edit(9, 1, ""),))], 1))
    checked = surveyor()
    checked.survey(lines, ignored)
    assert not checked.sorted
    with pytest.raises(ConfigError, match=r"f\.jsonl:3: a second decision for the note of line 1"):
        surveyor().survey(sorted(lines, key=lambda x: identity(x[1])), ignored)


def test_a_replacement_may_keep_what_was_dismissed() -> None:
    d = replace(
        OTHER, edits=(Edit(0, 1, "idiot"),), verdicts=(*OTHER.verdicts, Verdict("injure", 0, 5, "dismiss"))
    )
    assert surveyor().survey([(1, d)], ignored).notes == 1


@pytest.mark.parametrize(
    ("form", "name", "options", "said"),
    [
        ("flyway", "nettoyage", Options(), "--version"),
        ("dbmate", "nettoyage", Options(), "--version"),
        ("golang-migrate", "nettoyage", Options(), "--version"),
        ("alembic", "nettoyage", Options(), "--down-revision"),
        ("django", "0007_nettoyage", Options(), "--dependency"),
        ("django", "nettoyage", NEEDED, "no name for django"),
        ("django", "0007_nettoyage", replace(NEEDED, dependency="0006_notes"), "no migration of Django"),
        ("dbmate", "nettoyage", replace(NEEDED, version="v7"), "no version for dbmate"),
        ("sqitch", "2 notes", NEEDED, "no name for sqitch"),
        ("psql", "../x", NEEDED, "no name for psql"),
        ("psql", "a\nb", NEEDED, "no name for psql"),
    ],
)
def test_a_format_without_what_it_needs_is_refused(form: str, name: str, options: Options, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        Writing(made(OTHER, about=replace(ABOUT, name=name)), form, options)


# -- the file read back --------------------------------------------------------------------------------


def test_a_plan_is_read_back_by_transactions_and_timeouts_can_change() -> None:
    found = files(
        made(decision({"id": "\nbegin;\n\ncommit;\n"}), column=replace(COLUMN, key=(("id", "text"),)))
    )
    (unit, *aside) = units(found["deploy.sql"].splitlines(keepends=True), "f")
    assert (unit.kind, unit.notes) == ("all", 1)
    assert [u.text for u in aside] == [
        "vacuum (skip_locked) crm.client;\n",
        "vacuum (skip_locked) pg_catalog.pg_statistic;\n",
    ]
    assert "\\set" not in unit.text
    changed = unit.limited(lock_timeout="7s", statement_timeout="1h'")
    assert "set local lock_timeout = '7s';" in changed
    assert "set local statement_timeout = '1h''';" in changed
    (verify,) = units(found["verify.sql"].splitlines(keepends=True), "f")
    assert verify.kind == "verify"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "drop table x;",
        "-- x\nbegin;\nselect 1;\n",
        "select 1;\nbegin;\n\ncommit;\n",
        "-- x\nbegin;\nselect 1;\ncommit;\n",
    ],
)
def test_a_file_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        list(units(text.splitlines(keepends=True), "f"))


def test_a_plan_that_was_cut_off_is_refused() -> None:
    text = files(made(*(decision({"id": i}) for i in range(5)), batch=2))["deploy.sql"]
    lines = text.splitlines(keepends=True)
    end = len(lines) - 1 - lines[::-1].index("begin;\n")
    with pytest.raises(ConfigError, match="ends too early"):
        list(units(lines[:end], "f"))


@pytest.mark.parametrize(
    "text", ["a", 'it\'s "x"', "a\nb", "back\\slash\n", "${x}", "\x7f\u2028", "\\0041\n"]
)
def test_literals_hold_no_line_break_and_mean_the_same(text: str) -> None:
    quoted = quote.literal(text)
    assert not set("\n\r\x7f\u2028") & set(quoted)
    assert "${" not in quoted
    bare = quoted.removeprefix("U&")[1:-1].replace("''", "'")
    if quoted.startswith("U&"):
        bare = re.sub(r"\\(\\|[0-9A-F]{4})", lambda m: "\\" if m[1] == "\\" else chr(int(m[1], 16)), bare)
    assert bare == text
