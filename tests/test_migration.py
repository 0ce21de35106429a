"""Rendering a redaction: names and values that would break out of their quotes, and the file read back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from motjuste import assets, migration
from motjuste.errors import ConfigError, MotjusteError
from motjuste.migration import About, NoteColumn
from motjuste.model import Decision, Edit, Verdict

TEMPLATES = {n: assets.read("migrations", "templates", n) for n in (*migration.FILES, "key.sql")}
ABOUT = About("nettoyage", "pack fr 1", "0.1.0", {"sante-alcool": "sante"})
COLUMN = NoteColumn("crm.client", "note", "", "text", (("id", "integer"),))


def decision(
    row_key: dict[str, Any], *edits: Edit, relation: str = "crm.client", column: str = "note"
) -> Decision:
    return Decision(
        relation, column, "", row_key, "ab" * 32, (Verdict("sante-alcool", 7, 10, "accept"),),
        edits or (Edit(0, 5, "mot"),), "alice", "cd" * 32,
    )  # fmt: skip


def plan(*decisions: Decision, column: NoteColumn = COLUMN, about: About = ABOUT) -> dict[str, str]:
    return migration.plan(decisions, {migration.place(d): column for d in decisions}, TEMPLATES, about)


def test_no_placeholder_is_left_and_none_stands_in_dollar_quotes() -> None:
    for text in plan(decision({"id": 1})).values():
        assert not re.search(r"@[a-z_]+@", text)
        assert "--{" not in text
    for text in TEMPLATES.values():
        for quoted in text.split("$$")[1::2]:
            assert "@" not in quoted


def test_decisions_without_edits_are_left_out_and_order_does_not_matter() -> None:
    some = [decision({"id": i}) for i in range(20)]
    dismissed = replace(decision({"id": 99}), edits=())
    files = plan(*some, dismissed)
    assert files == plan(*reversed(some))
    assert "redaction of 20 note(s)" in files["deploy.sql"]
    assert "'99'" not in files["deploy.sql"]


def test_many_rows_become_several_inserts() -> None:
    files = plan(*(decision({"id": i}) for i in range(migration.ROWS_AN_INSERT + 1)))
    assert files["deploy.sql"].count("insert into pg_temp.motjuste_edit_1 values") == 2
    assert files["verify.sql"].count("insert into pg_temp.motjuste_edit_1 values") == 2


def test_names_and_values_stay_inside_their_quotes() -> None:
    name = 'n"; drop table y; --\n\\! rm @relation@ ${x}'
    column = NoteColumn('crm."x""y"', name, "", "text", (("k'\"", "text"),))
    d = decision(
        {"k'\"": "o'\n\\'; commit; --"}, Edit(0, 1, "it's $${x}"), relation='crm."x""y"', column=name
    )
    deploy = plan(d, column=column, about=replace(ABOUT, name="a\nb'; drop"))["deploy.sql"]
    assert 'set "n""; drop table y; --\n\\! rm @relation@ ${x}" = ' in deploy
    assert "('o''\n\\''; commit; --', 1, " in deploy
    assert "[[0, 1, \"it''s \\u0024\\u0024{x}\"]]" in deploy
    assert "'redaction a\nb''; drop'" in deploy
    # a comment is one line, whatever the name
    header = deploy.split("\\set")[0]
    assert all(line.startswith("--") for line in header.splitlines())
    assert "-- a?b'; drop: redaction of 1 note(s)" in header


@pytest.mark.parametrize(
    "row_key", [{}, {"other": 1}, {"id": 1, "other": 2}, {"id": [1]}, {"id": None}, {"id": {}}]
)
def test_a_key_that_does_not_fit_the_table_is_refused(row_key: dict[str, Any]) -> None:
    with pytest.raises(MotjusteError, match=r"crm\.client"):
        plan(decision(row_key))


def test_no_key_joins_on_the_digest_alone() -> None:
    deploy = plan(decision({}), column=replace(COLUMN, key=()))["deploy.sql"]
    assert "where true\n        and pg_temp.motjuste_digest" in deploy
    assert "then 'changed since review'" in deploy


def test_a_json_key_is_set_alone() -> None:
    json = replace(COLUMN, column="doc", json_key="it's", kind="json")
    deploy = plan(decision({"id": 1}), column=json)["deploy.sql"]
    assert """jsonb_set(t."doc"::jsonb, array['it''s'], to_jsonb(""" in deploy
    assert "::json\n" in deploy


def test_body_takes_off_psql_and_the_transaction() -> None:
    files = plan(decision({"id": "\nbegin;\n\ncommit;\n"}), column=replace(COLUMN, key=(("id", "text"),)))
    body = migration.body(files["deploy.sql"], "7s")
    assert "\\set" not in body
    assert body.startswith("set local lock_timeout = '7s';")
    assert body.count("\ncommit;\n") == body.count("\nbegin;\n") == 1  # the row's own
    assert migration.body(files["verify.sql"]).rstrip().endswith("$$;")


@pytest.mark.parametrize(
    "text", ["", "drop table x;", "-- x\nbegin;\nselect 1;\n", "select 1;\nbegin;\n\ncommit;\n"]
)
def test_body_refuses_a_file_of_another_kind(text: str) -> None:
    with pytest.raises(ConfigError):
        migration.body(text)
