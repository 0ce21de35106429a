"""An organisation's own rules, profile and levels: what becomes of the shipped pack, and how a mistake is told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import conftest
from conftest import HEAD, finder
from motjuste import assets
from motjuste.engine import compiled
from motjuste.engine.matcher import Matcher
from motjuste.engine.program import Program
from motjuste.errors import ConfigError, RuleError
from motjuste.model import Change, Pack
from motjuste.rewriting.rewrite import Rewriter
from motjuste.rulepack import compile as compiling
from motjuste.rulepack import examples, link, rules, widen
from motjuste.rulepack.overrides import Choices, tailored

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
    return load(texts, {} if own is None else {"rules/maison.toml": own})


def load(texts: dict[str, str], own: dict[str, str]) -> Pack:
    """The pack, made both ways where the shipped files are right."""
    before, wrong = rules.read(texts)
    kept = compiled.read(compiled.dump(before))
    pack, problems = rules.read(texts, own) if wrong else both_ways(texts, own, kept)
    rules.refuse(problems)
    conftest.kept(Matcher(*programs(texts, own, kept, pack)[0]))
    return pack


def programs(
    texts: dict[str, str], own: dict[str, str], before: Pack, pack: Pack
) -> tuple[tuple[Program, Pack, Program | None], rules.Drafted | None]:
    """What finds by a shipped pack with own files, and what of those was compiled."""
    shipped = Program(compiling.program(rules.drafted(texts), before, before.weights))
    if not own:
        return (shipped, pack, None), None
    drafted = rules.drafted(texts, own, before, shipped)
    base = Program(link.linked(shipped, drafted.words)) if drafted.words else shipped
    return (base, pack, Program(compiling.program(drafted, pack, None))), drafted


def both_ways(texts: dict[str, str], own: dict[str, str], before: Pack) -> tuple[Pack, list[str]]:
    """The pack and its problems: the same to the byte, whole and on top of the compiled shipped one."""
    pack, problems = rules.read(texts, own)
    above, problems_above = rules.read(texts, own, before)
    assert problems_above == problems
    assert compiled.dump(above) == compiled.dump(pack)
    return pack, problems


def found(pack: Pack, text: str) -> list[tuple[str, str]]:
    """(rule, words) of each finding in a text."""
    return [(m.rule, text[m.start : m.end]) for m in finder(pack).find(text)]


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
    assert examples.problems(finder(pack)) == []


def test_own_words_reach_the_lists_that_name_their_list() -> None:
    lists = LISTS.replace("\n", '\nlong = ["(long|longue) @soin"]\n', 1)
    own = OWN.replace('["dialyse"]', '["@chimie", "dialyse"]').replace(
        "maison =", 'chimie = ["chimio"]\nmaison ='
    )
    rule = 'match = ["malade(s)", "@long"'
    pack = load(
        {"sante.toml": SHIPPED.replace('match = ["malade(s)"', rule), "lists.toml": lists}, {"own.toml": own}
    )
    assert found(pack, "une longue chimio") == [("sante-malade", "longue chimio")]
    assert found(pack, "une longue cure") == [("sante-malade", "longue cure")]


LINKED = """
[[rule]]
id = "sante-lie"
why = "W."
match = ["@soin-jour", "(@long|repos) forcé", "fin <0-2!soin> bilan"]
unless.before = ["@soin"]
unless.after = ["@soin <0-1> gratuit"]
examples = [{ bad = "[[repos forcé]]" }]
"""
LONG_LISTS = '[lists]\nsoin = ["cure", "bain de mer"]\nlong = ["(long|longue) @soin", "sieste"]\n'
WORDS = [
    "dialyse",
    "dyalise",
    "cure",
    "bain",
    "de",
    "mer",
    "jour",
    "longue",
    "en",
    "cours",
    "forcé",
    "fin",
    "gratuit",
    "bilan",
    "sieste",
    "repos",
]
SPELLED = '[[slip]]\nfind = "ialy"\nwrite = "yali"\n'


@pytest.mark.parametrize(
    ("words", "compiled_again"),
    [
        ('"dialyse"', False), ('"dialyse", "chimio"', False), ('"cure"', False), ('"bilan"', False), ('"dialyse", "sieste", "en"', False),
        ('"forcé", "fin"]\nlong = ["bilan", "fin"', False), ('"cure de dialyse"', True),
    ],
)  # fmt: skip
def test_a_word_added_to_a_list_is_found_as_if_it_had_always_been_there(
    words: str, compiled_again: bool
) -> None:
    """Without a look at the rules that name the list, but where it is a phrase."""
    texts = {"sante.toml": SHIPPED + LINKED, "lists.toml": LONG_LISTS, "spelling.toml": SPELLED}
    own = {"own.toml": f"[lists]\nsoin = [{words}]\n"}
    before, pack = rules.load(texts), rules.load(texts, own)
    parts, drafted = programs(texts, own, before, pack)
    assert drafted and bool(drafted.rules) is compiled_again
    linked = Matcher(*parts)
    whole = Matcher(Program(compiling.program(rules.drafted(texts, own), pack, None)), pack)
    draw = random.Random(7)
    told = 0
    for _ in range(1200):
        text = "".join(w + draw.choice([" ", " ", " ", "-", ", ", ". "]) for w in draw.choices(WORDS, k=8))
        assert linked.reference(text) == whole.reference(text) == linked.find_with_outweighed(text), text
        told += len(whole.find(text)) + len(whole.reference(text)[1])
    assert told > 100


def test_words_that_would_make_too_many_states_have_the_rules_compiled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(widen, "MANY", 0)
    with conftest.shipping({"sante.toml": SHIPPED + LINKED, "lists.toml": LONG_LISTS}):
        choices = Choices(own=(("own.toml", '[lists]\nsoin = ["malade", "en", "long"]\n'),))
        matcher = assets.matcher("fr", choices)
        assert [r["id"] for r in matcher.parts[1].program.meta["rules"]] == ["sante-malade", "sante-lie"]
        assert [m.rule for m in matcher.find("long en cours")] == ["sante-malade"]


def test_the_shipped_program_takes_a_word_into_any_list() -> None:
    """Nothing is compiled for it: a user who adds a word waits a second, not half a minute."""
    texts, program = assets.shipped(), assets.shipped_program()
    own = {"own.toml": '[lists]\nproche = ["zgroumette", "responsable"]\nmedicament = ["zgroumine"]\n'}
    drafted = rules.drafted(texts, own, assets.made("fr", texts), program)
    assert not drafted.rules and not drafted.effects and {"zgroumette", "zgroumine"} <= drafted.words.keys()
    linked = Program(link.linked(program, drafted.words))
    number = linked.vocabulary.find("zgroumette")
    assert linked.word_class[number] == program.word_class[program.vocabulary.find(link.place("proche"))] != 0
    assert len(linked.states) < len(program.states) * 1.01
    assert [linked.vocabulary.word(n) for n in linked.spelt] == [
        program.vocabulary.word(n) for n in program.spelt
    ]
    assert list(linked.usual) == sorted(linked.usual)
    assert Program(link.linked(linked, {})).digest == linked.digest


def test_a_kept_program_that_is_damaged_or_of_other_words_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def found(word: str) -> list[str]:
        assets.own_programs.cache_clear()
        assets.matcher.cache_clear()
        choices = Choices(own=(("own.toml", f'[lists]\nsoin = ["{word}"]\n'),))
        text = "Une dialyse en cours, une chimio en cours, une cure en cours."
        return [text[m.start : m.end] for m in assets.matcher("fr", choices).find(text)]

    with conftest.shipping({"sante.toml": SHIPPED, "lists.toml": LISTS}):
        assert found("chimio") == ["chimio en cours", "cure en cours"]
        [other] = (tmp_path / "motjuste").glob("own-*.linked")
        assert found("dialyse") == (expected := ["dialyse en cours", "cure en cours"])
        [file] = {*(tmp_path / "motjuste").glob("own-*.linked")} - {other}
        whole = file.read_bytes()
        for wrong in (whole[:-1], b"", other.read_bytes(), None):
            file.unlink() if wrong is None else file.write_bytes(wrong)
            assert found("dialyse") == expected
            file.write_bytes(whole)
        assert found("dialyse") == expected and file.read_bytes() == whole


def test_lists_that_name_each_other_are_refused() -> None:
    with pytest.raises(RuleError, match=r"rules/maison\.toml:2: @a: .*no list @b"):
        loaded('[lists]\na = ["@b"]\nb = ["@a", "c"]\n')


def test_the_digest_changes_with_own_files_and_only_then() -> None:
    assert loaded().digest == loaded().digest
    assert len({loaded(None).digest, loaded().digest, loaded(OWN.replace("truc", "bidule")).digest}) == 3


def test_an_example_of_an_extension_is_told_at_the_extension() -> None:
    wrong = OWN.replace("[[patraque]]", "[[absent]]").replace("Malade volontaire", "Malade involontaire")
    wrong = wrong.replace("Sa [[dialyse maison]]", "Sa [[dialyse]] maison")
    problems = examples.problems(finder(loaded(wrong)))
    assert [p.partition(" ")[0] for p in problems] == [
        "rules/maison.toml:7:", "rules/maison.toml:15:", "rules/maison.toml:15:",
    ]  # fmt: skip


EXTEND = '[[extend]]\nrule = "sante-malade"\n'
RULE = OWN[OWN.index("[[rule]]") : OWN.index("[[extend]]")]


# one category of the real pack, with what makes its words
REAL = {
    n: text
    for n, text in assets.shipped().items()
    if n in ("syndicat.toml", "lists.toml", "forms.toml", "spelling.toml")
}
GIVEN = '[[rule]]\nid = "aa-maison"\ncategory = "syndicat"\nwhy = "W."\nmatch = ["zgrou @gens"]\nexamples = [{ bad = "[[x]]" }]\n'
ADDED = '[[extend]]\nrule = "syndicat-greviste"\nmatch = ["zgrou @gens"]\nunless.after = ["de <0-2!personne> zgrou"]\nexamples = [{ bad = "[[x]]" }]\nallowed = ["x"]\n'


@pytest.fixture(scope="module")
def real() -> Pack:
    """The pack of these files, as it comes from the cache."""
    return compiled.read(compiled.dump(rules.load(REAL)))


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        (GIVEN + ADDED, ""),
        (ADDED.replace("unless.after", 'unless.phrase = ["grève"]\nunless.after'), ""),
        ('[lists]\nmaison = ["zgrou", "le zgrou bleu"]\ncentrale = ["@maison"]\n' + GIVEN, ""),
        ('[lists]\ncentrale = ["_"]\n' + GIVEN, "syndicat.toml:"),  # shipped rules that name the list are wrong now
    ],
)  # fmt: skip
def test_on_top_of_the_shipped_pack_it_is_the_same_pack(real: Pack, own: str, problem: str) -> None:
    _, problems = both_ways(REAL, {"own.toml": own}, real)
    assert bool(problems) == bool(problem) and any(p.startswith(problem) for p in problems or [""])


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
        pytest.param("a = " + "[" * 5000, 1, "", "no rules are written so", id="lists in lists"),
        pytest.param("a = " + "9" * 5000, 1, "", "no rules are written so", id="digits"),
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
        load(
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


@pytest.mark.corpus
def test_under_every_profile_rewrites_are_clean(pack: Pack) -> None:
    for name in pack.profiles:
        matcher = finder(tailored(pack, Choices(profile=name)))
        rewriter = Rewriter(matcher)
        named = {c.target for c in pack.profiles[name].changes}
        for rule in (r for r in pack.rules if {r.id, r.category} & named):
            for example in rule.bad[:4]:
                matches = matcher.find(example.text)
                assert matcher.find(rewriter.rewrite(example.text, matches)) == [], (name, example.text)
