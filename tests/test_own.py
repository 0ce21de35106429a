"""An organisation's own rules, profile and levels: what becomes of the shipped pack, and how a mistake is told."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HEAD, small_pack
from motjuste import assets, config, examples, rules
from motjuste.cli import policy
from motjuste.cli.main import motjuste
from motjuste.db import connection, install, reading, watching
from motjuste.errors import ConfigError, MotjusteError, RuleError
from motjuste.matcher import Matcher
from motjuste.model import Change, Pack
from motjuste.rewrite import Rewriter
from motjuste.tailor import Choices, tailored

SHIPPED = (
    HEAD
    + """
[[rule]]
id = "sante-malade"
why = "W."
match = ["malade(s)", "@soin en cours"]
unless.after = ["imaginaire"]
examples = [{ bad = "Client [[malade]], rappeler." }, { bad = "[[cure en cours]]" }]
allowed = ["Client content."]

[[rule]]
id = "sante-nombre"
why = "W."
level = "watch"
pattern = 'code [0-9]{5}'
anchors = ["code"]
examples = [{ bad = "[[code 12345]]" }]
"""
).replace("{code}", "sante")
LISTS = '[lists]\nsoin = ["cure"]\n'
PROFILES = """
[profile.bank]
label = "Banque"

[[profile.bank.change]]
rule = "sante-malade"
level = "off"
why = "Parce que."
law = "Code, art. 1"

[profile.clinic]
label = "Clinique"
[[profile.clinic.change]]
category = "sante"
level = "watch"
why = "Parce que."
law = "Code, art. 2"
"""
OWN = """
[lists]
soin = ["dialyse"]
maison = ["truc"]

[[rule]]
id = "maison-truc"
category = "sante"
why = "Mot de la maison."
match = ["@maison", "@soin maison"]
examples = [{ bad = "Un [[truc]]." }, { bad = "Sa [[dialyse maison]]." }]
allowed = ["Un trucage."]

[[extend]]
rule = "sante-malade"
match = ["patraque(s)"]
maskable = ["patraque"]
unless.after = ["volontaire"]
unless.phrase = ["compteur malade"]
examples = [{ bad = "Client [[patraque]]." }]
allowed = ["Compteur malade.", "Malade volontaire, malade imaginaire."]
"""


def loaded(own: str | None = OWN, **files: str) -> Pack:
    """A small shipped pack with one own file."""
    texts = {"sante.toml": SHIPPED, "lists.toml": LISTS, "profiles.toml": PROFILES, **files}
    return rules.load(texts, {} if own is None else {"rules/maison.toml": own})


def found(pack: Pack, text: str) -> list[tuple[str, str]]:
    """(rule, words) of each finding in a text."""
    return [(m.rule, text[m.start : m.end]) for m in Matcher(pack).find(text)]


# -- own rules, words and exceptions ---------------------------------------------------------------


def test_own_rules_words_and_exceptions_join_the_shipped_ones() -> None:
    pack = loaded()
    assert found(pack, "un truc, dialyse en cours") == [
        ("maison-truc", "truc"), ("sante-malade", "dialyse en cours"),
    ]  # fmt: skip
    assert found(pack, "client patraque et p***aque") == [
        ("sante-malade", "patraque"), ("sante-malade", "p***aque"),
    ]  # fmt: skip
    assert found(loaded(None), "client patraque, dialyse en cours") == []
    for text in ("compteur malade", "malade volontaire", "malade imaginaire"):  # the shipped exception stays
        assert found(pack, text) == []
    assert found(loaded(None), "compteur malade") == [("sante-malade", "malade")]
    [rule] = [r for r in pack.rules if r.id == "maison-truc"]
    assert (rule.file, rule.line, rule.category, rule.level) == ("rules/maison.toml", 7, "sante", "block")
    assert examples.problems(Matcher(pack)) == []


def test_own_words_reach_the_lists_that_name_their_list() -> None:
    lists = LISTS.replace("\n", '\nlong = ["(long|longue) @soin"]\n', 1)
    own = OWN.replace('["dialyse"]', '["@chimie", "dialyse"]').replace(
        "maison =", 'chimie = ["chimio"]\nmaison ='
    )
    rule = 'match = ["malade(s)", "@long"'
    pack = rules.load(
        {"sante.toml": SHIPPED.replace('match = ["malade(s)"', rule), "lists.toml": lists}, {"own.toml": own}
    )
    assert found(pack, "une longue chimio") == [("sante-malade", "longue chimio")]
    assert found(pack, "une longue cure") == [("sante-malade", "longue cure")]


def test_lists_that_name_each_other_are_refused() -> None:
    with pytest.raises(RuleError, match=r"rules/maison\.toml:2: @a: .*no list @b"):
        loaded('[lists]\na = ["@b"]\nb = ["@a", "c"]\n')


def test_the_digest_changes_with_own_files_and_only_then() -> None:
    assert loaded().digest == loaded().digest
    assert len({loaded(None).digest, loaded().digest, loaded(OWN.replace("truc", "bidule")).digest}) == 3


def test_an_example_of_an_extension_is_told_at_the_extension() -> None:
    wrong = OWN.replace("[[patraque]]", "[[absent]]").replace("Malade volontaire", "Malade involontaire")
    wrong = wrong.replace("Sa [[dialyse maison]]", "Sa [[dialyse]] maison")
    problems = examples.problems(Matcher(loaded(wrong)))
    assert [p.partition(" ")[0] for p in problems] == [
        "rules/maison.toml:7:", "rules/maison.toml:15:", "rules/maison.toml:15:",
    ]  # fmt: skip


EXTEND = '[[extend]]\nrule = "sante-malade"\n'
RULE = OWN[OWN.index("[[rule]]") : OWN.index("[[extend]]")]


@pytest.mark.parametrize(
    ("own", "line", "rule", "reason"),
    [
        (EXTEND, 2, "sante-malade", "an extension adds `match`, `maskable` or `unless`"),
        (EXTEND + 'match = ["a"]\n', 2, "sante-malade", "no example, no word"),
        (EXTEND + 'match = ["("]\nexamples = [{ bad = "[[a]]" }]\n', 2, "sante-malade", "not closed"),
        (EXTEND + 'match = ["a"]\nexamples = [{ bad = "a" }]\n', 2, "sante-malade", "mark the offending part"),
        (EXTEND + 'unless.near = ["a"]\n', 2, "sante-malade", "no example, no exception"),
        (EXTEND + 'unless.near = ["@nope"]\nallowed = ["b"]\n', 2, "sante-malade", "no list @nope"),
        (EXTEND + 'unless.inside = ["a"]\nallowed = ["b"]\n', 2, "sante-malade", "unknown field ['inside']"),
        (EXTEND + 'why = "W."\n', 2, "sante-malade", "unknown field ['why'] in `extend`"),
        ('\n\n[[extend]]\nmatch = ["a"]\n', 3, "(no rule)", "say which `rule`"),
        ("[[extend]]\nrule = 3\n", 2, "(no rule)", "`rule` takes text"),
        (EXTEND.replace("malade", "malad"), 2, "sante-malad", "did you mean 'sante-malade'?"),
        (
            EXTEND.replace("malade", "nombre") + 'match = ["a"]\nexamples = [{ bad = "[[a]]" }]\n',
            2,
            "sante-nombre",
            "the rule is a `pattern`",
        ),
        ('[lists]\nok = ["a"]\nsoin = ["("]\n', 3, "@soin", "not closed"),
        ("[lists]\nsoin = [1]\n", 2, "", "`soin` takes text"),
        (RULE.replace("maison-truc", "sante-malade"), 2, "sante-malade", "another rule has this id (sante.toml:"),
        (RULE.replace('"sante"', '"santé"'), 2, "maison-truc", "unknown category 'santé'; did you mean 'sante'?"),
        (RULE.replace('category = "sante"\n', ""), 2, "maison-truc", "say which `category`"),
        (RULE.replace("@soin maison", "@chose"), 2, "maison-truc", "no list @chose"),
        ('[category]\ncode = "sante"\n', 1, "", "unknown field ['category'] in `rules/maison.toml`"),
        ('a = "', 1, "", "not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_file_line_and_rule(own: str, line: int, rule: str, reason: str) -> None:
    with pytest.raises(RuleError) as refused:
        loaded('[lists]\nmaison = ["truc"]\n' * ("[lists]" not in own and "@maison" in own) + own)
    [message] = refused.value.message.splitlines()
    line += 2 * ("[lists]" not in own and "@maison" in own)
    assert message.startswith(f"rules/maison.toml:{line}: {rule + ': ' if rule else ''}")
    assert reason in message


def test_all_mistakes_of_all_files_are_told_in_order() -> None:
    with pytest.raises(RuleError) as refused:
        rules.load(
            {"sante.toml": SHIPPED.replace("cours]]", "cours"), "lists.toml": LISTS},
            {"b.toml": EXTEND, "a.toml": '[lists]\nx = ["("]\n[[rule]]\nid = "a"\ncategory = "sante"\n'},
        )
    places = [message.partition(" ")[0] for message in refused.value.message.splitlines()]
    assert places == ["a.toml:2:", *["a.toml:4:"] * 3, "b.toml:2:", "sante.toml:10:"]


# -- profiles and levels ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "to", "reason"),
    [
        ('rule = "sante-malade"', 'rule = "sante-malad"', "no rule 'sante-malad'; did you mean 'sante-malade'?"),
        ('rule = "sante-malade"', 'category = "santé"', "no category 'santé'; did you mean 'sante'?"),
        ('rule = "sante-malade"', "", "names one `rule` or one `category`"),
        ('rule = "sante-malade"', 'rule = "sante-malade"\ncategory = "sante"', "names one `rule` or one"),
        ('"off"', '"none"', "level is one of block, watch, off, not 'none'"),
        ('why = "Parce que."\nlaw = "Code, art. 1"', "", "says `why`, and the text of `law`"),
    ],
)  # fmt: skip
def test_a_bad_profile_is_refused(change: str, to: str, reason: str) -> None:
    with pytest.raises(RuleError) as refused:
        loaded(**{"profiles.toml": PROFILES.replace(change, to, 1)})
    [message] = refused.value.message.splitlines()
    assert message.startswith("profiles.toml:5: bank: ")
    assert reason in message


def levels(choices: Choices) -> dict[str, str]:
    """Rule -> level of the small pack under these choices."""
    return {r.id: r.level for r in tailored(loaded(), choices).rules}


def test_profile_then_levels_then_what_is_switched_off() -> None:
    usual = {"maison-truc": "block", "sante-malade": "block", "sante-nombre": "watch"}
    assert levels(Choices()) == usual
    assert levels(Choices(profile="clinic")) == dict.fromkeys(usual, "watch")
    assert levels(Choices(profile="bank")) == {"maison-truc": "block", "sante-nombre": "watch"}
    back = Choices(profile="bank", changes=(Change("sante-malade", "watch"),))
    assert levels(back) == usual | {"sante-malade": "watch"}
    # `block` for a category spares the rule that its author holds back
    raised = Choices(profile="clinic", changes=(Change("sante", "block"),))
    assert levels(raised) == usual
    mixed = Choices(changes=(Change("sante-malade", "watch"), Change("sante", "block")))
    assert levels(mixed)["sante-malade"] == "watch"  # a rule named wins over its category, in any order
    assert levels(Choices(changes=(Change("sante", "off"),))) == {}
    assert tailored(loaded(), Choices(profile="clinic")).categories["sante"].level == "watch"


def test_unknown_names_are_told_together_with_those_they_resemble() -> None:
    choices = Choices(
        profile="bnk",
        profile_from="motjuste.toml:2",
        changes=(Change("sante-malad", "off", where="motjuste.toml:5"), Change("zz", "watch", where="m:6")),
    )
    with pytest.raises(ConfigError) as refused:
        tailored(loaded(), choices)
    assert refused.value.message.splitlines() == [
        "motjuste.toml:2: no profile 'bnk'; did you mean 'bank'?",
        "motjuste.toml:5: no rule or category 'sante-malad'; did you mean 'sante-malade'?",
        "m:6: no rule or category 'zz'; known: sante, maison-truc, sante-malade, sante-nombre",
    ]
    assert "bank, clinic" in refused.value.hint


def test_every_shipped_profile_lowers_what_it_names_and_nothing_else(pack: Pack) -> None:
    assert {"bank", "landlord", "insurer", "employer", "retail", "health"} <= set(pack.profiles)
    rank = {"off": 0, "watch": 1, "block": 2}
    usual = {r.id: r for r in pack.rules}
    for name, profile in pack.profiles.items():
        fitted = {r.id: r.level for r in tailored(pack, Choices(profile=name)).rules}
        named = {c.target for c in profile.changes}
        for rule_id, rule in usual.items():
            new = fitted.get(rule_id, "off")
            assert rank[new] <= rank[rule.level]
            assert new == rule.level or {rule_id, rule.category} & named, (name, rule_id)
        for change in profile.changes:
            lowered = [r for r in usual.values() if change.target in (r.id, r.category)]
            assert any(fitted.get(r.id, "off") != r.level for r in lowered), (name, change.target)


def test_under_every_profile_rewrites_are_clean(pack: Pack) -> None:
    for name in pack.profiles:
        matcher = Matcher(tailored(pack, Choices(profile=name)))
        rewriter = Rewriter(matcher)
        named = {c.target for c in pack.profiles[name].changes}
        for rule in (r for r in pack.rules if {r.id, r.category} & named):
            for example in rule.bad[:4]:
                matches = matcher.find(example.text)
                assert matcher.find(rewriter.rewrite(example.text, matches)) == [], (name, example.text)


# -- the policy file -------------------------------------------------------------------------------

POLICY = """
[rules]
files = ["rules/*.toml"]
profile = "insurer"
levels = { "jugement-bete" = "block" }

[[rules.disable]]
rule = "ss-decouvert"
reason = "nous tenons le compte"
"""
HOUSE = """
[[rule]]
id = "maison-grincheux"
category = "jugement"
why = "Mot de la maison pour un client difficile."
match = ["zgrougnon(s)"]
examples = [{ bad = "Client [[zgrougnon]], rappeler lundi.", fixed = "Rappeler lundi." }]
allowed = ["Client content."]
"""

# of the manual: the settings, and a file of one's own
SETTINGS, MANUAL = (
    next(b for b in re.findall(r"```toml\n(.*?)```", assets.read("rules", "README.md"), re.S) if mark in b)
    for mark in ("disable =", "[[extend]]")
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the tests of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy and the manual's rule file, which is compiled once for all tests, where the test runs."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "motjuste.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "rules" / "maison.toml").write_text(MANUAL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_house(house: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, over a small shipped pack, which compiles at once, and a cache of its own; for what runs in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    texts = {"sante.toml": SHIPPED, "lists.toml": LISTS, "profiles.toml": PROFILES}
    monkeypatch.setattr(assets, "shipped", lambda language="fr": texts)
    policy_text = POLICY.replace("insurer", "clinic").replace("jugement-bete", "sante-nombre")
    (house / "motjuste.toml").write_text(
        policy_text.replace("ss-decouvert", "sante-malade"), encoding="utf-8"
    )
    own = HOUSE.replace('"jugement"', '"sante"')
    (house / "rules" / "maison.toml").write_text(own, encoding="utf-8")
    assets.pack.cache_clear()
    yield house
    assets.pack.cache_clear()


def run(*arguments: str, note: str = "") -> subprocess.CompletedProcess[str]:
    """One run of the command; never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "motjuste", *arguments], input=note, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    return done


def test_every_command_uses_the_pack_of_the_policy(house: Path) -> None:
    done = run("lint", note="Client zgrougnon, à découvert, alcoolique.\n")
    assert done.returncode == 1
    assert "maison-surnom [watch]" in done.stdout and "sante-alcool [watch]" in done.stdout
    assert "ss-decouvert" not in done.stdout
    assert "ss-decouvert" not in run("rules", "list").stdout
    assert "rules/maison.toml:8" in run("rules", "show", "maison-surnom").stdout
    assert run("explain", "un zgrougnon").returncode == 1
    sub = house / "deep" / "er"
    sub.mkdir(parents=True)
    for where in (sub, house):  # the files are seen from the policy's folder, not from here
        done = subprocess.run(
            [sys.executable, "-m", "motjuste", "explain", "un zgrougnon"], cwd=where, capture_output=True
        )
        assert done.returncode == 1


def test_the_compiled_pack_is_kept_and_made_again_when_a_file_changes(small_house: Path, cache: Path) -> None:
    first = policy.pack()
    kept = {f.name: f.stat().st_ino for f in (cache / "motjuste").iterdir()}
    assets.pack.cache_clear()
    assert policy.pack() == first
    assert {f.name: f.stat().st_ino for f in (cache / "motjuste").iterdir()} == kept
    own, settings = small_house / "rules" / "maison.toml", small_house / "motjuste.toml"
    own.write_text(own.read_text(encoding="utf-8").replace("zgrougnon", "zgromphe"), encoding="utf-8")
    second = policy.pack()
    assert found(second, "un zgromphe") and not found(second, "un zgrougnon")
    settings.write_text(settings.read_text(encoding="utf-8").replace('"block"', '"watch"'), encoding="utf-8")
    third = policy.pack()
    assert len({assets.pack().digest, first.digest, second.digest, third.digest}) == 4
    assert first.version == assets.pack().version + "+policy"


def test_the_cache_holds_a_few_packs_only(
    small_house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    kept = tmp_path / "other" / "motjuste"
    policy.pack()
    for n in range(assets.KEPT + 2):
        (kept / f"fr-{n}.json").write_text("{}")
    with (small_house / "rules" / "maison.toml").open("a", encoding="utf-8") as file:
        file.write("# again\n")
    again = policy.pack()
    assert len(list(kept.iterdir())) == assets.KEPT
    monkeypatch.setattr(rules, "load", None)  # the newest is among them: nothing is compiled
    assets.pack.cache_clear()
    assert policy.pack() == again


def test_install_writes_the_pack_of_the_policy(house: Path) -> None:
    script = run("install", "--sql").stdout
    assert "maison-surnom\tjugement\twatch" in script
    assert "sante-alcool\tsante\twatch" in script and "ss-decouvert" not in script
    assert policy.pack().digest in script


def test_the_database_answers_as_the_policy_says(dsn: str) -> None:
    note = "truc malade, code 12345"
    with connection.connect(dsn) as conn:

        def answers(choices: Choices) -> list[tuple[str, str]]:
            pack = replace(tailored(loaded(), choices), digest=repr(choices))
            assert install.install(conn, pack)
            assert not install.install(conn, pack)  # again: nothing to do
            return conn.execute(
                "select rule_id, level from motjuste.check(%s) order by start", [note]
            ).fetchall()

        usual = [("maison-truc", "block"), ("sante-malade", "block"), ("sante-nombre", "watch")]
        assert answers(Choices()) == usual
        assert answers(Choices(profile="bank")) == [usual[0], usual[2]]
        assert answers(Choices(profile="clinic")) == [(rule, "watch") for rule, _ in usual]
        assert answers(Choices(changes=(Change("sante", "off"),))) == []


def test_status_tells_that_the_database_has_other_rules(dsn: str, small_house: Path) -> None:
    with connection.connect(dsn) as conn:
        install.install(conn, loaded())
        conn.execute("create table note (id int primary key, body text)")
        watching.attach(conn, reading.parse_name(conn, "public.note.body"), "flag", author="", subject="")
    run = CliRunner().invoke
    other = run(motjuste, ["status", "--dsn", dsn])
    assert other.exit_code == 1 and "other rules than" in other.stderr
    assert run(motjuste, ["install", "--dsn", dsn]).exit_code == 0
    same = run(motjuste, ["status", "--dsn", dsn])
    assert same.exit_code == 0 and same.stderr == ""


def test_own_rules_whose_examples_do_not_hold_are_refused_by_every_command(small_house: Path) -> None:
    own = small_house / "rules" / "maison.toml"
    text = own.read_text(encoding="utf-8").replace("[[zgrougnon]]", "zgrougnon [[ici]]")
    own.write_text(text.replace("Client content", "Client zgrougnon"), encoding="utf-8")
    for command in (["lint"], ["rules", "list"], ["install", "--sql"]):
        done = CliRunner().invoke(motjuste, command, input="Client content.\n")
        assert isinstance(done.exception, RuleError) and done.exception.hint
        lines = done.exception.message.splitlines()
        assert len(lines) == 2 and all("rules/maison.toml:3: maison-grincheux: " in line for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[rules]\nfiles = ["none/*.toml"]', "no rule file at 'none/*.toml'"),
        ("[rules]\nfiles = 3", "`files` must be a list"),
        ("rules = 3", "motjuste.toml:1: `rules` must be a table"),
        ('[rules]\n\nfile = ["a"]', "unknown setting `file`"),
        ('[rules]\nlevels = { sante = "off" }', "motjuste.toml:2: no level 'off'"),
        ("[rules]\nlevels = 3", "motjuste.toml:2: `levels` must be a table"),
        ('[rules]\ndisable = [\n"sante-malade"]', "motjuste.toml:3: a rule is switched off with a reason"),
        ('[[rules.disable]]\nrule = "sante-malade"', "motjuste.toml:1: `reason` is missing"),
        ('[rules.levels]\nsante = "watch"\n"sante-malad" = "watch"', "motjuste.toml:3: no rule or category 'sante-malad'"),
        ('profile = "bank"\n[rules]\nprofile = "bank"', "motjuste.toml:3: the profile is set twice"),
        ('\n\nprofile = "banque"', "motjuste.toml:3: no profile 'banque'; did you mean 'bank'"),
        ('\n[rules]\nprofile = "banque"', "motjuste.toml:3: no profile 'banque'; did you mean 'bank'"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_refused(small_house: Path, text: str, message: str) -> None:
    (small_house / "motjuste.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MotjusteError) as refused:
        policy.pack()
    assert message in refused.value.message
    assert refused.value.hint


def test_the_environment_chooses_the_profile_over_the_file(
    small_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert policy.pack().profile == "clinic"
    monkeypatch.setenv("MOTJUSTE_PROFILE", "bank")
    assert policy.pack().profile == "bank"
    monkeypatch.setenv("MOTJUSTE_PROFILE", "bang")
    with pytest.raises(ConfigError, match="MOTJUSTE_PROFILE: no profile 'bang'; did you mean 'bank'"):
        policy.pack()


def test_a_language_without_rules_is_refused() -> None:
    with pytest.raises(MotjusteError, match="no rules in the language 'de'") as refused:
        assets.pack("de")
    assert "fr" in refused.value.hint


def test_rules_that_cannot_be_read_are_named(house: Path) -> None:
    (house / "rules" / "zz.toml").write_bytes("why = 'é'".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"zz\.toml is not UTF-8"):
        policy.pack()


def test_a_small_pack_needs_no_shared_file() -> None:
    assert small_pack(SHIPPED[len(HEAD) :].replace('"@soin en cours"', '"cure en cours"')).profiles == {}


def test_what_the_manual_shows_is_true() -> None:
    read = config.parse(SETTINGS.replace('files = ["rules/*.toml"]', ""), "motjuste.toml")
    choices = Choices((("rules/maison.toml", MANUAL),), read.profile, changes=read.changes)
    pack = assets.pack("fr", choices)
    assert found(pack, "tonton opéré d'une hernie, zgrougnon") and pack.profile == "bank"
    campaign = "Opération à coeur ouvert du 12 au 20, dons en caisse."
    assert "sante-operation" in dict(found(assets.pack(), campaign))
    assert found(pack, campaign) == []
