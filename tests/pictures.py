"""The pictures of the README, taken of the demo's own pages in Debian's Chromium: `make pictures` writes them again.

python tests/pictures.py [FOLDER]
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import browser

FOLDER = Path(__file__).parent / "pictures"
WIDE, HIGH = 1000, 640  # pixels


def take(folder: Path) -> Path:
    """Write a picture of the desk as it opens a note of the demo."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "motjuste", "demo", "--serve"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert demo.stdout is not None
        address = next(m[0] for line in demo.stdout if (m := re.search(r"http://\S+jeton=\S+", line)))
        with (
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=browser.found(), args=browser.QUIET) as chromium,
        ):
            page = chromium.new_page(
                viewport={"width": WIDE, "height": HIGH}, locale="fr-FR", color_scheme="light"
            )
            page.goto(address)
            page.wait_for_load_state("networkidle")
            folder.mkdir(exist_ok=True)
            page.screenshot(path=folder / "desk.png")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
    return folder / "desk.png"


if __name__ == "__main__":
    print(take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
