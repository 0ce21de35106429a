"""The table of inflected forms, rebuilt from a lexicon: `make forms`. Needs the extra `lexicon`."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from motjuste import assets
from motjuste.engine.text import fold, without_ligatures, words_of
from motjuste.errors import MotjusteError
from motjuste.learning import command, provenance
from motjuste.rulepack import forms as inflection
from motjuste.rulepack import misspelt
from motjuste.rulepack import rules as packs


def learn(folder: Path, files: Sequence[Path]) -> str:
    """Write `folder`/built/forms.toml: the forms of every {word} of the pack, the real words that are no misspellings of others, how
    often the compliant notes of `files` hold each word, and the words that misspellings are read as; how many there are, in a line.
    Raises MotjusteError without the lexicon.
    """
    try:
        import spacy_lookups_data
    except ImportError as exc:
        raise MotjusteError(
            "the lexicon is not installed", hint="in a clone of motjuste: pip install '.[lexicon]'"
        ) from exc
    data = Path(spacy_lookups_data.__file__).parent / "data"
    single, by_class, index = (
        json.loads(gzip.decompress((data / f"fr_lemma_{name}.json.gz").read_bytes()))
        for name in ("lookup", "exc", "index")
    )
    # the first keeps one lemma a form; the second says for each part of speech what else a form can be
    lexicon: dict[str, set[str]] = {}
    for table in (single, *by_class.values()):
        for form, lemmas in table.items():
            lexicon.setdefault(form, set()).update([lemmas] if isinstance(lemmas, str) else lemmas)
    texts = {n: t for n, t in assets.pack_files(folder).items() if n != "forms.toml"}
    table = inflection.build(packs.lemmas(texts.values()), lexicon, frozenset(index["verb"]))
    records = [json.loads(line) for f in files for line in f.open(encoding="utf-8")]
    often = packs.frequencies(r["text"] for r in records if not r["cats"])
    lines = [
        f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()
    ]
    told = provenance("make forms", files)
    head = f"# Of spacy-lookups-data (MIT).\n{told}\n\n[forms]\n"
    words = {*lexicon, *(lemma for lemmas in lexicon.values() for lemma in lemmas)}
    real = packs.real_words(texts | {"forms.toml": head + "\n".join(lines)}, words)
    lines += ["", "# what a usual misspelling of another word would be, and is a word itself", "[real]"]
    lines += [f"words = {json.dumps(' '.join(real))}"]
    lines += ["", "# of 10,000 compliant notes, how many hold the word", "[frequency]"]
    lines += [f"{json.dumps(w, ensure_ascii=False)} = {n}" for w, n in often.items()]
    drafted = packs.drafted(texts | {"forms.toml": "\n".join([head, *lines])})
    terms = {
        w for rule in drafted.rules.values() for term in rule.get("match", ()) for w in _words(drafted, term)
    }
    left_alone = [text for rule in drafted.rules.values() for text in rule.get("allowed", ())]
    parts = {part for text in (*words, *left_alone) for part in words_of(without_ligatures(fold(text)))}
    compliant, faulty = (
        Counter(
            w
            for r in records
            if bool(r["cats"]) == at_fault
            for w in set(words_of(without_ligatures(fold(r["text"]))))
        )
        for at_fault in (False, True)
    )
    meant, found = misspelt.chosen(terms, parts, compliant, faulty, misspelt.usual_words(often))
    lines += [
        "",
        "# what misspellings are read as, and as near to it; words that are none of these and no misspelling",
        "[misspelt]",
    ]
    lines += [f"meant = {json.dumps(' '.join(meant))}", f"real = {json.dumps(' '.join(found))}"]
    built = folder / "built"
    built.mkdir(exist_ok=True)
    (built / "forms.toml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return f"{len(table)} words, {sum(len(v.split()) for v in table.values())} forms"


def _words(drafted: packs.Drafted, term: str) -> frozenset[str]:
    return frozenset(map(without_ligatures, misspelt.words_of(drafted.lexicon.parse(term))))


if __name__ == "__main__":
    command(learn, __doc__)
