"""Which Chromium the tests drive: $CHROMIUM, then `chromium` on the path, then Playwright's own.

`python -m tests.kit.chromium` prints the one found, or the remedy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Playwright, sync_playwright

REMEDY = (
    "No Chromium was found for the browser tests. Install one (Debian: sudo apt install chromium; "
    "elsewhere: .venv/bin/playwright install chromium), or name one in CHROMIUM=/path/to/chromium, "
    "or leave the browser tests out: make test BROWSER=no"
)

# Nothing leaves this machine, and nothing is looked up that a test did not ask for.
FLAGS = [
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-first-run",
]


class NoChromium(RuntimeError):
    """There is no browser to drive; the text names the remedy."""


def executable(browser_type: BrowserType) -> Path:
    """Return the program to start.

    Raises:
        NoChromium: none of the three is there and runs.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        # A named one that does not run is a mistake to hear about, not to pass over.
        candidates = [shutil.which(named)]
    else:
        candidates = [shutil.which("chromium"), browser_type.executable_path]
    for candidate in candidates:
        if candidate and _runs(candidate):
            return Path(candidate)
    raise NoChromium(f"CHROMIUM={named} does not run. {REMEDY}" if named else REMEDY)


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium with a fresh profile.

    Without its sandbox, as Playwright's default is: as root it would not start, and it shows
    pages of this machine only.
    """
    return playwright.chromium.launch(
        executable_path=executable(playwright.chromium), headless=True, args=FLAGS
    )


def _runs(program: str) -> bool:
    # Ubuntu's `chromium` may be a stub that only tells to install another package.
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def main() -> int:
    """Print the Chromium that tests would drive; 1 and the remedy where there is none."""
    with sync_playwright() as playwright:
        try:
            print(executable(playwright.chromium))
        except NoChromium as problem:
            print(problem, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
