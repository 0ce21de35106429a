"""The steps of a release: what `make release-check` would find."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import release_check as release
from motjuste import __version__

ROOT = Path(__file__).parents[1]
NAMES = ("pyproject.toml", "toolkit/motjuste/__init__.py", "OPERATIONS.md", "CHANGELOG.md")
pytestmark = pytest.mark.first_server


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the files that say the version."""
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    operations = tmp_path / "OPERATIONS.md"  # as it is at a release
    text = operations.read_text(encoding="utf-8")
    operations.write_text(text.replace("motjuste@main", f"motjuste@v{__version__}"), encoding="utf-8")
    return tmp_path


def test_the_versions_agree() -> None:
    assert release.versions(ROOT) == []


@pytest.mark.parametrize("name", NAMES)
def test_another_version_is_told(tree: Path, name: str) -> None:
    file = tree / name
    version = release.re.findall(r'^version = "(.+)"', (tree / "pyproject.toml").read_text(), release.re.M)[0]
    text = file.read_text(encoding="utf-8")
    assert version in text
    file.write_text(text.replace(version, "9.9.9"), encoding="utf-8")
    told = release.versions(tree)
    assert len(told) == (3 if name == "pyproject.toml" else 1)
    assert all("9.9.9" in line for line in told) and (name == "pyproject.toml" or told[0].startswith(name))


def test_a_heading_without_a_day_is_to_be_done(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0, unreleased\n\n## 0.1.0, 2026-01-02\n")
    assert release.undated(tree) == ["CHANGELOG.md: '## 0.2.0, unreleased' has no day"]
    (tree / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0, 2026-12-24\n")
    assert release.undated(tree) == []


def test_recipes_without_a_tag_are_to_be_done(tree: Path) -> None:
    assert release.untagged(tree) == []
    (tree / "OPERATIONS.md").write_text("- uses: OWNER/motjuste@main\n")
    assert release.untagged(tree) == ["OPERATIONS.md: its recipes say main, not the tag"]
    assert release.versions(tree) == []


def test_the_sdist_is_whole_and_names_no_place_of_this_machine(tmp_path: Path) -> None:
    sdist = release.built(ROOT, "sdist", tmp_path)
    files = dict(release.contents(sdist))
    top = {name.split("/", 1)[1] for name in files}
    documents = {path.name for path in ROOT.glob("*.md")}
    assert documents | {"Makefile", "action.yml", "tests/conftest.py", "toolkit/kernel/kernel.c"} <= top
    assert release.named(files.items(), release.places(tmp_path)) == []
    planted = [("a.py", b"x"), ("b.so", b"\0" + str(ROOT).encode() + b"/toolkit\0")]
    assert release.named(planted, release.places(tmp_path)) == ["b.so"]
