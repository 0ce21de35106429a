r"""Names and texts that others wrote, as a terminal and a log of CI may be given them.

A table, a column or a file may be called anything: a line break and `::stop-commands::x` after it, an escape sequence, a
mark that turns the direction of writing. What acts in a terminal, or commands a runner, is written as `\u001b`: JSON and
TOML read the same value out of it.
"""

from __future__ import annotations

import re

# what no line may hold: controls but tab, line separators, marks of direction, tags, lone surrogates, what XML refuses
_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
# what no name may hold beside: line break and tab, and what is not seen
_HIDES = re.compile("[\\t\\n\u00ad\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb]")
# a command to the runner of GitHub, Azure or TeamCity: `::` at the start of a line, after blanks as well, `##[` anywhere
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#(?:\[|vso\b|vso\[|teamcity\b))", re.MULTILINE | re.IGNORECASE)
# GitLab's runner folds its log at these
_SECTION = re.compile(r"section_(?=(?:start|end):)")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(m: re.Match[str]) -> str:
    return "".join(_code(c) for c in m[0])


def _code(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    raw = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{raw[i : i + 4]}" for i in range(0, len(raw), 4))


def _command(m: re.Match[str]) -> str:
    return f"{m[1]}\\u003a" if m[1] is not None else "\\u0023"


def name(text: str) -> str:
    """A name, or another text of one line: nothing in it acts, and it stays one line."""
    return lines(_HIDES.sub(_escaped, text))


def lines(text: str) -> str:
    """A text of several lines: nothing in it acts, and no line commands the runner of a CI."""
    return _SECTION.sub("section\\\\u005f", _COMMAND.sub(_command, _ACTS.sub(_escaped, text)))


def message(text: str) -> str:
    """What is said in a line: what follows a line break is set in, so that it is not taken for a line of its own."""
    return lines(text).replace("\n", "\n  ")


# what Markdown, as GitHub and GitLab read it, takes for more than a letter
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|#~!&@$(){}]|(?<=:)//|(?<=www)\.|^[-+=:](?=[\s-])|^\d+(?=[.)])")
_AS_ENTITY = frozenset("<>&@|#$!`/.")


def markdown(text: str) -> str:
    """A name, or a text of one line, that Markdown shows as it is: no link, no image, no tag, no mention, no cell."""
    return _MARKDOWN.sub(_plain, name(text))


def _plain(m: re.Match[str]) -> str:
    first, rest = m[0][0], m[0][1:]
    return (f"&#{ord(first)};" if first in _AS_ENTITY or first.isdigit() else f"\\{first}") + rest
