"""`motjuste rules`: what its commands print in each format, and their exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import FRENCH, shipping
from motjuste import assets
from motjuste.cli.main import motjuste
from motjuste.errors import ConfigError, MotjusteError, RuleError
from motjuste.model import CATEGORIES, Pack
from motjuste.rulepack import shape
from test_policy import HOUSE, LIGHT


def run(*arguments: str, code: int = 0) -> Result:
    """One run of `motjuste rules`."""
    done = CliRunner().invoke(motjuste, ["rules", *arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def refusal(*arguments: str) -> MotjusteError:
    """The error with which a run ends."""
    done = CliRunner().invoke(motjuste, ["rules", *arguments])
    assert isinstance(done.exception, MotjusteError), done.output
    assert done.exception.hint
    return done.exception


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where the test runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def few(folder: Path) -> Iterator[Path]:
    """The same, where motjuste ships three small categories, which compile at once."""
    shipped = assets.shipped()
    names = (
        "syndicat.toml",
        "politique.toml",
        "origine.toml",
        "lists.toml",
        "forms.toml",
        "pack.toml",
        *FRENCH,
    )
    with shipping({name: shipped[name] for name in names}):
        yield folder


# -- list, show ------------------------------------------------------------------------------------


def test_list_in_every_format(pack: Pack, folder: Path) -> None:
    rules = [(r.category, r.level, r.id, r.why) for r in pack.rules]
    assert len(run("list").stdout.splitlines()) == len(rules) + 1
    objects = json.loads(run("list", "--format", "json").stdout)
    assert [tuple(o.values()) for o in objects] == rules
    rows = list(csv.reader(run("list", "--format", "csv").stdout.splitlines()))
    assert rows[0] == ["category", "level", "id", "why"] and [tuple(r) for r in rows[1:]] == rules
    markdown = run("list", "--format", "markdown", "--category", "injure").stdout.splitlines()
    assert len(markdown) == 2 + sum(r.category == "injure" for r in pack.rules)
    assert all(line.startswith("|") and line.endswith("|") for line in markdown)


def test_an_unknown_category_or_rule_is_refused_with_its_neighbours(folder: Path) -> None:
    assert "no category 'santé'; did you mean 'sante'?" in refusal("list", "--category", "santé").message
    error = refusal("show", "sante-operatoin")
    assert isinstance(error, RuleError) and "did you mean 'sante-operation'?" in error.message
    (folder / "motjuste.toml").write_text(
        '[rules]\ndisable = [{ rule = "sante-operation", reason = "R." }]\n'
    )
    assert refusal("show", "sante-operation").message == "rule 'sante-operation' is switched off"


def test_show_in_both_formats(pack: Pack, folder: Path) -> None:
    rule = next(r for r in pack.rules if r.id == "sante-operation")
    shown = json.loads(run("show", rule.id, "--format", "json").stdout)
    assert (shown["file"], shown["line"], shown["level"]) == ("sante.toml", rule.line, rule.level)
    assert [e["text"].replace("[[", "").replace("]]", "") for e in shown["bad"]] == [e.text for e in rule.bad]
    assert [e["text"].index("[[") for e in shown["bad"]] == [e.start for e in rule.bad]
    assert shown["allowed"] == list(rule.allowed) and shown["terms"] > 3
    text = run("show", rule.id).stdout
    assert f"sante.toml:{rule.line}" in text and all(a in text for a in rule.allowed)


# -- test ------------------------------------------------------------------------------------------

BAD = """\
[lists]
chose = ["("]

[[rule]]
id = "Maison Truc"

[[rule]]
id = "maison-sans-exemple"
category = "politique"
why = "W."
match = ["zgrougnon"]

[[rule]]
id = "syndicat-syndicaliste"
category = "syndicat"
why = "W."
match = ["zgrougnon"]
examples = [{ bad = "[[zgrougnon]]" }]

[[rule]]
id = "maison-hors"
category = "humeur"
why = "W."
match = ["zgrougnon"]
examples = [{ bad = "[[zgrougnon]]" }]

[[rule]]
id = "maison-motif"
category = "origine"
why = "W."
pattern = '(a+)+.'
examples = [{ bad = "[[aa]]" }]

[[rule]]
id = "maison-exemple"
category = "politique"
why = "W."
match = ["zgromphe(s)"]
examples = [{ bad = "Un zgromphe [[ici]]." }]
allowed = ["Des zgromphes."]

[[extend]]
rule = "syndicat-adjectif-syndicale"
match = ["zpingre"]
"""


def test_every_problem_of_a_file_is_told_at_once(few: Path) -> None:
    (few / "maison.toml").write_text(BAD, encoding="utf-8")
    lines = run("test", "maison.toml", code=1).stdout.splitlines()
    expected = [
        (2, "@chose", "not closed"),
        (5, "Maison Truc", "lower-case words with hyphens"),
        (8, "maison-sans-exemple", "no example, no rule"),
        (14, "syndicat-syndicaliste", "another rule has this id (syndicat.toml:"),
        (21, "maison-hors", "unknown category 'humeur'"),
        (28, "maison-motif", "could blow up"),
        (43, "syndicat-adjectif-syndicale", "; did you mean 'syndicat-adjectif-syndical'?"),
        (
            35,
            "maison-exemple",
            "bad 'Un zgromphe ici.' is to be found at 'ici'; found: 'zgromphe' by maison-exemple",
        ),
        (35, "maison-exemple", "allowed 'Des zgromphes.' is found: 'zgromphes' by maison-exemple"),
    ]
    assert len(lines) == len(expected)
    for line, (number, rule, reason) in zip(lines, expected, strict=True):
        assert line.startswith(f"maison.toml:{number}: {rule}: "), line
        assert reason in line


def test_the_files_of_the_policy_are_tested_with_the_shipped_rules(few: Path) -> None:
    (few / "motjuste.toml").write_text(
        '[rules]\nfiles = ["m.toml"]\ndisable = [{ rule = "origine-arbae", reason = "R." }]\n'
    )
    house = HOUSE.replace("jugement", "politique")
    (few / "m.toml").write_text(house.replace("Client content", "Client zgrougnon"), encoding="utf-8")
    done = run("test", code=1)
    disabled, allowed = done.stdout.splitlines()
    assert allowed.startswith("m.toml:3: maison-grincheux: allowed 'Client zgrougnon.' is found: ")
    assert ":3: no rule or category 'origine-arbae'; did you mean 'origine-arabe'" in disabled
    count = sum(text.count("[[rule]]") for text in assets.shipped().values())
    assert f"{count + 1} rule(s)" in done.stderr
    (few / "m.toml").write_text(house, encoding="utf-8")
    told = run("test", "m.toml").stderr
    assert "1 rule(s) (politique 1), 0 problem(s)" in told and "not in use" not in told
    (few / "motjuste.toml").write_text("")
    assert "m.toml is not in use: list it in `files` under [rules]" in run("test", "m.toml").stderr


def test_a_shipped_file_is_tested_alone(folder: Path) -> None:
    text = assets.shipped()["syndicat.toml"]
    (folder / "syndicat.toml").write_text(text, encoding="utf-8")
    count = text.count("[[rule]]")
    assert f"{count} rule(s) (syndicat {count}), 0 problem(s)" in (
        told := run("test", "syndicat.toml").stderr
    )
    assert "not in use" not in told


def test_nothing_to_test_is_an_error(few: Path) -> None:
    (few / "empty.toml").write_text("# nothing\n")
    assert "no rule" in refusal("test", "empty.toml").message


# -- stats -----------------------------------------------------------------------------------------


def labelled(folder: Path, *records: tuple[str, list[str]]) -> str:
    """The name of a file of labelled notes."""
    rows = [json.dumps({"id": n, "text": text, "cats": cats}) for n, (text, cats) in enumerate(records)]
    (folder / "notes.jsonl").write_text("\n".join(rows))
    return "notes.jsonl"


def test_stats_counts_the_rules(pack: Pack, folder: Path) -> None:
    rows = {row["category"]: row for row in json.loads(run("stats", "--format", "json").stdout)}
    assert set(rows) == {*CATEGORIES, "total"}
    assert rows["total"]["rules"] == len(pack.rules)
    assert rows["jugement"]["watch"] == sum(
        r.category == "jugement" and r.level == "watch" for r in pack.rules
    )
    assert rows["total"]["bad"] == sum(len(r.bad) for r in pack.rules)


def test_stats_measures_notes_and_categories(folder: Path) -> None:
    name = labelled(
        folder,
        ("Client alcoolique.", ["sante"]),
        ("Client alcoolique et abruti.", ["sante", "injure"]),
        ("Client content.", ["jugement"]),
        ("Client alcoolique.", []),
        ("Client rappelé.", []),
    )
    done = run("stats", "--corpus", name, "--format", "json", "--wrong")
    rows = {row.pop("what"): row for row in json.loads(done.stdout)}
    assert rows["note"] == {
        "precision": 0.6667, "recall": 0.6667, "F1": 0.6667, "hits": 2, "alarms": 1, "misses": 1,
    }  # fmt: skip
    assert rows["sante"]["alarms"] == 1 and rows["jugement"]["recall"] == 0.0
    assert rows["all categories"]["hits"] == 3
    assert "notes.jsonl:3: jugement missed" in done.stderr
    assert "notes.jsonl:4: sante found in a compliant note" in done.stderr
    assert "alcoolique" not in done.output
    assert (
        json.loads(run("stats", ".", "--format", "json").stdout)[0]["hits"] == 2
    )  # a folder, without the flag


def test_stats_fails_under_a_floor(folder: Path) -> None:
    name = labelled(
        folder, ("Client alcoolique.", ["sante"]), ("radin", ["jugement"]), ("à voir", ["injure"])
    )
    run("stats", "--corpus", name, "--min-precision", "1", "--min-recall", "0.66")
    run("stats", "--corpus", name, "--min-recall", "0.67", code=1)
    run("stats", "--corpus", name, "--level", "block", "--min-recall", "0.4", code=1)
    (folder / "motjuste.toml").write_text('[rules]\ndisable = [{ rule = "sante", reason = "R." }]\n')
    run("stats", "--corpus", name, "--min-recall", "0.5", code=1)


def test_stats_on_nothing_is_an_error(folder: Path) -> None:
    (folder / "empty.jsonl").write_text("\n")
    assert "no labelled note" in refusal("stats", "--corpus", "empty.jsonl").message
    assert isinstance(refusal("stats", "--corpus"), ConfigError)  # no tests/corpus here
    (folder / "bad.jsonl").write_bytes(b'{"text": "\xe9"}')
    assert "bad.jsonl is not UTF-8" in refusal("stats", "bad.jsonl").message


# -- schema, pages ---------------------------------------------------------------------------------


def test_schema_is_printed(folder: Path) -> None:
    assert json.loads(run("schema").stdout) == shape.schema()


def test_pages_are_written_for_the_rules_in_use(folder: Path) -> None:
    (folder / "motjuste.toml").write_text(
        'profile = "insurer"\n[rules]\nfiles = ["rules/*.toml"]\ndisable = [{ rule = "politique", reason = "Parti." }]\n'
    )
    (folder / "rules").mkdir()
    (folder / "rules" / "maison.toml").write_text(LIGHT, encoding="utf-8")  # as in test_policy: compiled once
    run("pages", "--output", "out/pages")
    written = {f.name: f.read_text(encoding="utf-8") for f in (folder / "out" / "pages").iterdir()}
    assert set(written) == {"index.md", *(f"{code}.md" for code in CATEGORIES)}
    assert "### `maison-surnom`" in written["jugement.md"]
    assert "| toute la catégorie n'est plus appliquée | Parti. |" in written["politique.md"]
    assert "toute la catégorie devient « à surveiller »" in written["sante.md"]
    (folder / "file").write_text("")
    assert "cannot write" in refusal("pages", "--output", "file/pages").message
