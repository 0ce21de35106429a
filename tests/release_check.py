"""What must hold before a release is tagged: `make release-check`.

    python tests/release_check.py

Versions agree and the changelog has them; the sdist is complete (the wheel is built from it) and names no place of this machine; the
wheel installs into a new environment and finds. Prints a line a step; exit code 1 where one does not hold.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]


def versions(root: Path) -> list[str]:
    """What does not agree on the version: pyproject.toml, the package, the examples of OPERATIONS.md, the changelog."""

    def found(name: str, pattern: str) -> list[str]:
        return re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.M)

    [version] = found("pyproject.toml", r'^version = "(.+)"')
    told = {
        "toolkit/motjuste/__init__.py": found("toolkit/motjuste/__init__.py", r'^__version__ = "(.+)"'),
        "OPERATIONS.md": [version] if untagged(root) else found("OPERATIONS.md", r"@v(\d+\.\d+\.\d+)"),
        "CHANGELOG.md": found("CHANGELOG.md", r"^## (\S+?),")[:1],
    }
    return [
        f"{name} says {', '.join(sorted(set(said))) or 'no version'}, pyproject.toml {version}"
        for name, said in told.items()
        if set(said) != {version}
    ]


def undated(root: Path) -> list[str]:
    """What is still to be done before the tag: the day of the newest heading of the changelog."""
    heading = re.search(r"^## .+", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert heading is not None
    return [] if re.search(r"\d{4}-\d\d-\d\d", heading[0]) else [f"CHANGELOG.md: {heading[0]!r} has no day"]


def untagged(root: Path) -> list[str]:
    """What is still to be done before the tag: the recipes of OPERATIONS.md name it, no branch."""
    text = (root / "OPERATIONS.md").read_text(encoding="utf-8")
    return ["OPERATIONS.md: its recipes say main, not the tag"] if "motjuste@main" in text else []


def contents(archive: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file of a wheel or an sdist."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
        return
    with tarfile.open(archive) as sdist:
        for member in sdist:
            if (stream := sdist.extractfile(member)) is not None:
                yield member.name, stream.read()


def places(*others: Path) -> list[str]:
    """Names that only this machine knows: its folders, and the host that packages come from."""
    folders = [ROOT, Path(sys.prefix), Path.home() / "x", *others]
    named = [str(f).removesuffix("x") for f in folders if len(f.parts) > 2]
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    urls = re.findall(r"https?://[^\s'\"]+", " ".join([asked.stdout, os.environ.get("PIP_INDEX_URL", "")]))
    hosts = {urlsplit(url).hostname or "" for url in urls}
    return named + sorted(hosts - {"", "pypi.org", "files.pythonhosted.org"})


def named(files: Iterable[tuple[str, bytes]], known: Iterable[str]) -> list[str]:
    """The files that hold one of these names."""
    wanted = [k.encode() for k in known]
    return [name for name, content in files if any(w in content for w in wanted)]


def built(root: Path, target: str, folder: Path) -> Path:
    """The sdist or the wheel of a source tree, built without network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    [made] = folder.glob("motjuste-*.whl" if target == "wheel" else "motjuste-*.tar.gz")
    return made


def unpacked(sdist: Path, folder: Path) -> Path:
    """The source tree of an sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [tree] = folder.iterdir()
    return tree


def installed(wheel: Path, folder: Path, version: str) -> list[str]:
    """What goes wrong where a wheel is installed into a new environment, with what it needs from the package index."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    command = folder / "bin" / "motjuste"

    def ran(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            [command, *arguments], cwd=folder, env=kept, input=typed, capture_output=True, text=True
        )

    said = ran("--version")
    wrong = (
        [] if f"version {version} (" in said.stdout else [f"motjuste --version: {said.stdout}{said.stderr}"]
    )
    lint = ran("lint", typed="Client alcoolique, rappeler lundi.\n")
    if lint.returncode != 1 or "sante-alcool" not in lint.stdout:
        wrong.append(f"motjuste lint: {lint.stdout}{lint.stderr}")
    return wrong


def main() -> int:
    """Each step with what is wrong; 1 where anything is."""
    [version] = re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    failed = 0

    def step(what: str, wrong: list[str]) -> None:
        nonlocal failed
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':6}  {what}", *(f"        {line}" for line in wrong), sep="\n")

    step(f"versions are {version}", versions(ROOT))
    with tempfile.TemporaryDirectory(prefix="motjuste-release-") as name:
        folder = Path(name)
        sdist = built(ROOT, "sdist", folder)
        step("the sdist names no place of this machine", named(contents(sdist), places(folder)))
        tree = unpacked(sdist, folder / "tree")
        wheel = built(tree, "wheel", folder)
        step("the wheel, built from the sdist, names none", named(contents(wheel), places(folder)))
        step("the wheel installs into a new environment", installed(wheel, folder / "venv", version))
    for todo in undated(ROOT) + untagged(ROOT):
        print(f"to do   {todo}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
