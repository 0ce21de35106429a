"""A practice ground for agents: a note is typed, what is wrong with it is shown. Nothing is stored, and no database is needed."""

from __future__ import annotations

import random
from itertools import islice

from flask import Flask, request

from motjuste.web import marking
from motjuste.web.app import Desk, page

LONGEST = 20_000  # characters


def add(app: Flask, desk: Desk) -> None:
    """Add the practice ground."""

    @app.get("/essai")
    def practice() -> str:
        return page("practice.html", text="", checked=None, examples=_examples(desk))

    @app.post("/essai")
    def practise() -> str:
        text = request.form.get("note", "").replace("\r\n", "\n")[:LONGEST]
        checked = _checked(desk, text)
        if request.headers.get("HX-Request"):
            return page("practice_result.html", checked=checked)
        return page("practice.html", text=text, checked=checked, examples=_examples(desk))


def _checked(desk: Desk, text: str) -> dict[str, object]:
    found = list(islice(desk.matcher.find(text), 200))
    proposal = desk.writer.rewritten(text, found) if found else text
    categories = desk.matcher.pack.categories
    return {
        "empty": not text.strip(),
        "pieces": marking.marked(text, [(m.start, m.length) for m in found]),
        "found": [
            {
                "words": marking.visible(text[m.start : m.end]),
                "rule": desk.matcher.rules[m.rule],
                "category": categories[m.category],
                "level": m.level,
            }
            for m in found
        ],
        "proposal": proposal,
        "changes": marking.compared(text, proposal),
    }


def _examples(desk: Desk) -> list[str]:
    """Some notes to try, each at fault."""
    texts = [rule.bad[0].text for rule in desk.pack.rules if rule.bad]
    return random.SystemRandom().sample(texts, min(3, len(texts)))
