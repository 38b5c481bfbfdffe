"""The checks on pages find what they are for."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.kit.pages import PHONE, Windows, axe, overflow, small_targets, windows

GOOD = """<!doctype html><html lang="en"><head><title>Good</title>
<style>a.b,button{display:inline-block;min-height:44px;min-width:44px}</style></head>
<body><main><h1>Good</h1><p>Text with <a href="/x">a link</a> inside.</p>
<div style="overflow-x:auto" tabindex="0" role="region" aria-label="Wide table">
<div style="width:2000px;height:30px">wide</div></div>
<p><label for="n">Name <input id="n" style="height:30px"></label></p><button>Go on</button>
</main></body></html>"""

BAD = """<!doctype html><html><head><title>Bad</title></head><body><main><h1>Bad</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="5" height="5">
<p><a href="/x" style="font-size:8px;display:inline-block;">x</a></p>
<div id="wide" style="width:900px">wide</div></main></body></html>"""

STRICT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/good": GOOD, "/bad": BAD, "/script": GOOD + "<script>1</script>"}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", STRICT)
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_good_page_under_a_strict_policy_passes_every_check(
    site: str, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE)
    page.goto(f"{site}/good")
    assert (axe(page), overflow(page), small_targets(page)) == ([], [], [])


def test_sizes_are_looked_at_without_javascript_and_axe_says_it_needs_it(
    site: str, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    page.goto(f"{site}/bad")
    assert overflow(page)
    assert small_targets(page)
    with pytest.raises(ValueError, match="JavaScript"):
        axe(page)


def test_each_check_names_what_is_wrong(site: str, browser_windows: Windows) -> None:
    page = browser_windows.open(PHONE)
    page.goto(f"{site}/bad")
    rules = {line.split()[0] for line in axe(page)}
    assert {"html-has-lang", "image-alt"} <= rules
    assert any("div#wide" in line for line in overflow(page))
    assert any('a "x"' in line for line in small_targets(page))


def test_a_page_that_breaks_its_policy_fails_the_test(site: str, chromium: Browser) -> None:
    with pytest.raises(AssertionError, match="script"), windows(chromium) as opened:
        opened.open().goto(f"{site}/script")


def test_a_call_to_another_host_fails_the_test(site: str, chromium: Browser) -> None:
    def visit() -> None:
        with windows(chromium) as opened:
            page = opened.open(bypass_csp=True)
            page.goto(f"{site}/good")
            page.evaluate("fetch('http://192.0.2.1/').catch(() => 0)")

    with pytest.raises(AssertionError, match="third-party"):
        visit()
