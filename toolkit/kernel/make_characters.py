"""Writes characters.h: what engine/text.py and engine/plain.py know of characters, as tables in C.

python toolkit/kernel/make_characters.py > toolkit/kernel/characters.h
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from motjuste.engine import characters, plain, text
from motjuste.rulepack.coded import ALPHABET, DROPPED, OTHER

# flag -> the characters that bear it, as a class of a regular expression
FLAGS = {
    "ODD": rf"[^\t\n\r -%'-~{plain.USUAL}]",
    "LETTER": f"[{plain._LETTER}]",
    "DIGIT": "[0-9]",
    "ENDS": "[.!?;'’…]",
    "JOINT": plain._JOINT.partition("{")[0],
    "RUN": f"[{plain._RUN}]",
    "LATIN": f"[{plain._LATIN}]",
    "NEUTRAL": f"[{plain._NEUTRAL}]",
    "IGNORED": f"[{characters.IGNORED}]",
    "UPPER": f"[{text.UPPER}]",
    "LOWER": f"[{text.LOWER}]",
    "COMBINING": "[\u0300-\u036f]",
    "PLAIN": "[a-zà-ÿ0-9]",
    "LEAD": "[" + "".join(sorted({pair[0] for pair in characters.MISREAD.split("|")})) + "]",
    "VOWEL": f"[{plain._VOWEL}]",
}
# what a folded character is to a word that it stands in
PARTS = {
    "LETTER": re.compile("[a-z]").fullmatch,
    "DIGIT": re.compile("[0-9]").fullmatch,
    "LEET": re.compile("[0134]").fullmatch,
    "LIGATURE": re.compile("[œæ]").fullmatch,
}
PAGE = 256
LAST = 0x110000


def header() -> Iterator[str]:
    """The lines of the file."""
    known = plain._Characters()
    also = {
        "ALWAYS": known.always, "ALIKE": known.alike, "MIXED": known.among_latin, "SEVERAL": {ord(c): s for c, s in known.several.items()},
    }  # fmt: skip
    yield "/* What characters are. Made by make_characters.py; not to be edited. */"
    yield "#include <stdint.h>"
    yield ""
    yield "/* folded characters that are not ASCII */"
    for n, name in enumerate(("OE", "AE", "DROPPED", "OTHER"), 128):
        yield f"#define {name} {n}"
    yield ""
    names = [*FLAGS, *also]
    for n, name in enumerate(names):
        yield f"#define IS_{name} {1 << n}u"
    yield ""
    every = "".join(map(chr, range(LAST)))
    flags = [0] * LAST
    for n, one in enumerate(FLAGS.values()):
        for m in re.finditer(f"{one}+", every):
            for code in range(*m.span()):
                flags[code] |= 1 << n
    for n, table in enumerate(also.values()):
        for code in table:
            flags[code] |= 1 << len(FLAGS) + n
    folded = _folded(every)
    kinds: dict[tuple[int, int], int] = {}
    pages: dict[bytes, int] = {}
    places = []
    for first in range(0, LAST, PAGE):
        here = zip(folded[first : first + PAGE], flags[first : first + PAGE], strict=True)
        page = bytes(kinds.setdefault(kind, len(kinds)) for kind in here)
        places.append(pages.setdefault(page, len(pages)))
    yield "typedef struct kind { uint8_t folded; uint32_t flags; } kind;"
    yield ""
    yield from _array("kind kinds", [f"{{{one},{flags}}}" for one, flags in kinds])
    yield from _array("uint8_t pages", places)
    yield from _array("uint8_t page_kinds", [n for page in pages for n in page])
    yield from (f"#define HOLDS_{name} {1 << n}" for n, name in enumerate(PARTS))
    yield ""
    holds = [sum(bool(one(char)) << n for n, one in enumerate(PARTS.values())) for char in ALPHABET]
    yield "/* what a folded character is to a word; 0 where it is no part of one */"
    yield from _array(f"uint8_t holds[{PAGE}]", holds)
    yield "typedef struct pair { uint32_t from, to; } pair;"
    yield ""
    mixed = {code: char for code, char in known.among_latin.items() if known.alike.get(code) != char}
    for name, table in (("always", known.always), ("alike", known.alike), ("mixed", mixed)):
        yield from _array(f"pair {name}", _pairs(table))
    yield "typedef struct spelt { uint32_t from; const char *to; } spelt;"
    yield ""
    yield from _array("spelt several", [f'{{{ord(c)},"{s}"}}' for c, s in sorted(known.several.items())])
    misread = sorted(known.misread.items())
    longest = max(len(taken) for taken, _ in misread)
    yield f"typedef struct misread {{ uint32_t from[{longest}], size, to; }} misread;"
    yield ""
    codes = [(", ".join(str(ord(c)) for c in taken), len(taken), ord(char)) for taken, char in misread]
    yield from _array("misread misreads", [f"{{{{{of}}},{size},{char}}}" for of, size, char in codes])
    yield "typedef struct entity { const char *name; uint32_t code; } entity;"
    yield ""
    yield from _array("entity entities", [f'{{"{n}",{ord(c)}}}' for n, c in sorted(known.named.items())])


def _folded(chars: str) -> list[int]:
    """What each character is to an executor, once it is folded: its place in ALPHABET."""
    number = {char: n for n, char in enumerate(ALPHABET)}
    dropped = re.sub(f"[{text.DROPPED}]", DROPPED, chars)
    return [number.get(char, number[OTHER]) for char in text.fold(dropped)]


def _pairs(table: Mapping[int, str]) -> list[str]:
    return [f"{{{code},{ord(char)}}}" for code, char in sorted(table.items())]


def _array(name: str, items: Iterable[object]) -> Iterator[str]:
    yield f"static const {name}{'' if name.endswith(']') else '[]'} = {{"
    line = " "
    for item in items:
        line += f" {item},"
        if len(line) > 120:
            yield line
            line = " "
    yield line
    yield "};"
    yield ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print("\n".join(header()).rstrip())
