"""Debian's Chromium as the tests of our pages use it, driven by Playwright: what a page logs, asks for, draws, prints; and axe-core.

What is counted is the page's own, not what the browser does by itself, which differs from one version to the next.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
import pytest

QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
]  # fmt: skip
AXE = "async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])"
# the widest bar of each chart as it is laid out, in pixels
BARS = """() => [...document.querySelectorAll('svg')].map(
    s => Math.max(0, ...[...s.querySelectorAll('.bar')].map(b => b.getBoundingClientRect().width)))"""


def found() -> str | None:
    """The browser's command, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@cache
def binary() -> str:
    """The browser's command. Without one the test fails in CI, and is left out elsewhere."""
    if command := found():
        return command
    if os.environ.get("CI"):
        pytest.fail("no Chromium: apt-get install chromium")
    pytest.skip("no Chromium on this machine; CI has one")


class Opened:
    """A page in the browser, what it wrote to the console, and the addresses that it asked for: it gets none of them."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.console: list[str] = []
        self.asked: set[str] = set()
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error.message}"))
        page.on("websocket", lambda socket: self.asked.add(socket.url))
        page.context.route("**/*", lambda route: self._answer(route, address))
        page.goto(address)
        page.wait_for_load_state("networkidle")

    def _answer(self, route: Any, address: str) -> None:
        if route.request.url == address:
            route.continue_()
        else:
            self.asked.add(route.request.url)
            route.abort()

    def violations(self) -> list[Any]:
        """What axe-core holds against the page: [rule, elements] each."""
        self.page.evaluate((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        return list(self.page.evaluate(AXE))

    def bars(self) -> list[float]:
        """How wide the widest bar of each chart is drawn."""
        return list(self.page.evaluate(BARS))


@contextmanager
def running() -> Iterator[Any]:
    """The browser; to start it takes some seconds of processor."""
    from playwright.sync_api import sync_playwright  # here: conftest imports this module for every run

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=binary(), args=QUIET) as found,
    ):
        yield found


@contextmanager
def opened(chromium: Any, page: Path) -> Iterator[Opened]:
    """A page of ours, opened in a profile of its own."""
    with chromium.new_context() as profile:
        yield Opened(profile.new_page(), page.resolve().as_uri())


def assert_fit(chromium: Any, page: Path) -> None:
    """The page logs nothing, asks for nothing, draws its charts, has nothing that axe holds against it, and prints."""
    with opened(chromium, page) as shown:
        assert (shown.console, shown.asked) == ([], set())
        assert shown.violations() == []
        assert all(width > 100 for width in shown.bars()), shown.bars()
        assert shown.page.pdf().startswith(b"%PDF")
