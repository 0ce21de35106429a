"""Headless Chromium (Debian's package) as the tests of our pages use it: what it logs, asks for, draws, prints; and axe-core."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
import pytest

# The browser asks for these by itself, whatever the page; no name is resolved here.
BROWSERS_OWN = tuple(
    f"{scheme}://{host}/"
    for scheme in ("http", "https")
    for host in ("clients2.google.com", "update.googleapis.com", "redirector.gvt1.com", "accounts.google.com")
)
# Runs axe on the page and leaves what it found in the document, which Chromium then prints; and the widest bar of each chart
# as it is laid out, in pixels.
AXE = """
<script>{axe}</script>
<script>axe.run().then(r => {{ let widest = s => Math.max(0, ...[...s.querySelectorAll('.bar')].map(b => b.getBoundingClientRect().width));
let found = {{axe: r.violations.map(v => [v.id, v.nodes.map(n => n.html)]), bars: [...document.querySelectorAll('svg')].map(widest)}};
document.body.innerHTML = ''; let p = document.createElement('pre'); p.id = 'axe'; p.textContent = JSON.stringify(found);
document.body.append(p); }});</script>
</body>"""


@cache
def binary() -> str:
    """The browser's command. Without one the test fails in CI, and is left out elsewhere."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("CI"):
        pytest.fail("no Chromium: apt-get install chromium")
    pytest.skip("no Chromium on this machine; CI has one")


def run(*args: str, page: Path) -> subprocess.CompletedProcess[str]:
    """Chromium on one page, with what it says."""
    command = [binary(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
               "--host-resolver-rules=MAP * ~NOTFOUND",
               f"--user-data-dir={page.parent / 'profile'}", *args, page.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def opened(page: Path) -> tuple[list[str], set[str]]:
    """What the page wrote to the console, errors of its policy (CSP) included; and the addresses that it asked for."""
    log = page.parent / "net.json"
    done = run("--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom", page=page)
    urls = {e["params"]["url"] for e in json.loads(log.read_text())["events"] if "url" in e.get("params", {})}
    asked = {u for u in urls if re.match(r"(?:https?|wss?|file):", u) and not u.startswith(BROWSERS_OWN)}
    return re.findall(r"CONSOLE[^\n]*", done.stderr), asked - {page.as_uri()}


def inspected(page: Path) -> tuple[list[Any], list[float]]:
    """What axe-core holds against the page, [rule, elements] each; and how wide the widest bar of each chart is drawn."""
    script = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    html = page.read_text(encoding="utf-8")
    html = re.sub(r"<meta http-equiv=.Content-Security-Policy.[^>]*>", "", html)  # it would not let axe in
    copy = page.with_suffix(".axe.html")
    copy.write_text(html.replace("</body>", AXE.format(axe=script)), encoding="utf-8")
    done = run("--virtual-time-budget=20000", "--dump-dom", page=copy)
    found = re.search(r'<pre id="axe">(.*?)</pre>', done.stdout, re.S)
    assert found, "axe did not run"
    told = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return told["axe"], told["bars"]


def printed(page: Path) -> bytes:
    """The page as a PDF."""
    target = page.with_suffix(".pdf")
    run(f"--print-to-pdf={target}", page=page)
    return target.read_bytes()


def assert_fit(page: Path) -> None:
    """The page logs nothing, asks for nothing, draws its charts, has nothing that axe holds against it, and prints."""
    assert opened(page) == ([], set())
    violations, bars = inspected(page)
    assert violations == []
    assert all(width > 100 for width in bars), bars
    assert printed(page).startswith(b"%PDF")
