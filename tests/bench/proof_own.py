"""Own packs drawn at random, each compiled whole and on top of the shipped pack: the same bytes, the same problems?"""

from __future__ import annotations

import argparse
import random
import re
import time
import tomllib

from motjuste import assets
from motjuste.engine import compiled
from motjuste.model import Pack
from motjuste.rulepack import rules, shape

LISTS = tomllib.loads(assets.read("rules", "fr", "lists.toml"))["lists"]
WORDS = sorted({w for terms in LISTS.values() for t in terms for w in re.findall(r"\w{4,}", t)})
Draw = random.Random


def term(draw: Draw) -> str:
    """A term, now and then a wrong one."""
    one, two = draw.choice(WORDS), draw.choice(WORDS)
    name = draw.choice([*LISTS, *LISTS, "maison"])
    forms = [
        f"zg{one}", f"{one} {two}", f"@{name} zg{one}", f"{one} <0-2> @{name}", f"{one} <0-2!{name}> {two}", f"{one}-{two}",
        f"({one}|{two}) (très)? {two}", f"{{zg{one}er}}", f"{one} @{name}", f"({one}", "@nulle_part", "_",
    ]  # fmt: skip
    return draw.choices(forms, [9] * 9 + [0.3] * 3)[0]


def added_list(draw: Draw) -> str:
    """Words for one of the shipped lists, or for a new one."""
    name = draw.choice([*LISTS, *LISTS, "maison"])
    return f"[lists]\n{name} = {[term(draw) for _ in range(draw.randint(1, 3))]}\n"


def added_rule(draw: Draw, pack: Pack) -> str:
    """A rule, now and then with the id of another, or without an example."""
    rule_id = draw.choice(["zz-une", "aa-une", "maison-une", "maison-deux", draw.choice(pack.rules).id])
    examples = 'examples = [{ bad = "Un [[mot]]." }]\n' * (draw.random() < 0.97)
    return (
        f'[[rule]]\nid = "{rule_id}"\ncategory = "{draw.choice([*[*pack.categories] * 20, "inconnue"])}"\nwhy = "W."\n'
        f"match = {[term(draw)]}\nunless.{draw.choice(['before', 'after', 'near', 'phrase'])} = {[term(draw)]}\n{examples}"
    )


def extension(draw: Draw, pack: Pack) -> str:
    """Words, exceptions or both for a rule, now and then for one that is not there."""
    rule_id = draw.choice(pack.rules).id if draw.random() < 0.97 else "nulle-part"
    words = f'match = {[term(draw)]}\nmaskable = ["zgmot"]\nexamples = [{{ bad = "[[mot]]" }}]\n'
    unless = (
        f'unless.{draw.choice(["before", "after", "near", "phrase"])} = {[term(draw)]}\nallowed = ["x"]\n'
    )
    return f'[[extend]]\nrule = "{rule_id}"\n' + "".join(draw.sample([words, unless], draw.randint(1, 2)))


def own(draw: Draw, pack: Pack) -> dict[str, str]:
    """One or two own files; now and then one is no TOML."""
    found = {}
    for name in ("maison.toml", "agence.toml")[: draw.randint(1, 2)]:
        text = added_list(draw) * (draw.random() < 0.5)
        text += "".join(draw.choice([added_rule, extension])(draw, pack) for _ in range(draw.randint(1, 3)))
        found[name] = text if draw.random() < 0.95 else text + '\n[[rule]\nid = "'
    return found


def main() -> None:
    """Print each pack that differs, and the time of both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--categories", nargs="*", help="files of rules; left out: all")
    settings = parser.parse_args()
    wanted = {*shape.SHARED, *(f"{c}.toml" for c in settings.categories or ())}
    shipped = {
        n: t
        for n, t in assets.shipped().items()
        if n in wanted - {"profiles.toml"} or not settings.categories
    }
    # as in use: what was compiled is read from the cache
    before = compiled.read(compiled.dump(rules.load(shipped)))
    differ = refused = 0
    whole = above = 0.0
    for n in range(settings.packs):
        files = own(Draw(settings.seed * 1_000_000 + n), before)
        start = time.process_time()
        one, said = rules.read(shipped, files)
        middle = time.process_time()
        two, said_too = rules.read(shipped, files, before)
        whole, above = whole + middle - start, above + time.process_time() - middle
        refused += bool(said)
        if said != said_too or compiled.dump(one) != compiled.dump(two):
            differ += 1
            print(f"pack {n} differs: {said} {said_too}")
    print(
        f"{settings.packs} own packs, {refused} with problems: {differ} differ; "
        f"{whole / settings.packs:.2f} s of processor whole, {above / settings.packs:.2f} s on top of the shipped pack"
    )


if __name__ == "__main__":
    main()
