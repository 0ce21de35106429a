"""What holds our pages to their promises sees a page that breaks each of them, and nothing of the browser's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import browser

HEAD = '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Page</title>{}</head><body><main><h1>Page</h1>{}</main></body></html>'
POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'">"""


def page(folder: Path, body: str = "", head: str = "") -> Path:
    file = folder / "page.html"
    file.write_text(HEAD.format(head, body), encoding="utf-8")
    return file


def test_a_page_that_keeps_to_itself_is_fit(chromium: Any, tmp_path: Path) -> None:
    browser.assert_fit(chromium, page(tmp_path))
    browser.assert_fit(chromium, page(tmp_path, head=POLICY))  # which stops neither axe nor the measuring


def test_each_request_of_a_page_is_seen(chromium: Any, tmp_path: Path) -> None:
    """The second by a host that the browser itself asks too."""
    requests = {
        "http://example.org/x.png": '<img alt="x" src="http://example.org/x.png">',
        "https://clients2.google.com/x": "<script>fetch('https://clients2.google.com/x').catch(() => 0)</script>",
        "wss://example.org/x": "<script>new WebSocket('wss://example.org/x')</script>",
        "https://example.org/b": "<script>navigator.sendBeacon('https://example.org/b', 'x')</script>",
        "https://example.org/f": '<iframe title="x" src="https://example.org/f"></iframe>',
        "https://example.org/s.css": '<link rel="stylesheet" href="https://example.org/s.css">',
        (tmp_path / "other.png").as_uri(): '<img alt="x" src="other.png">',
    }
    with browser.opened(chromium, page(tmp_path, "".join(requests.values()))) as shown:
        assert shown.asked == set(requests)


def test_what_a_page_logs_is_seen(chromium: Any, tmp_path: Path) -> None:
    with browser.opened(
        chromium, page(tmp_path, "<script>console.log('hello'); throw new Error('broken')</script>")
    ) as shown:
        assert sorted(shown.console) == ["error: broken", "log: hello"]
    with browser.opened(chromium, page(tmp_path, "<script>1</script>", POLICY)) as shown:
        assert ["Content Security Policy" in line for line in shown.console] == [True]


def test_what_axe_holds_against_a_page_is_seen(chromium: Any, tmp_path: Path) -> None:
    faults = (
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p style="color:#bbb;background:#fff">gris</p>'
    )
    with browser.opened(chromium, page(tmp_path, faults)) as shown:
        assert {"image-alt", "color-contrast"} <= {name for name, _ in shown.violations()}


def test_a_chart_that_is_not_drawn_is_seen(chromium: Any, tmp_path: Path) -> None:
    chart = '<svg role="img" aria-label="x" width="300" height="20"><rect class="bar" width="{}" height="9"/></svg>'
    browser.assert_fit(chromium, page(tmp_path, chart.format(200)))
    with browser.opened(chromium, page(tmp_path, chart.format(1))) as shown:
        assert shown.bars() == [1]
