"""Finds the browser and what checks its pages, and drives it from a thread of its own.

`playwright` keeps an event loop running in the thread that uses it; other tests of the same process start theirs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED: Final = os.environ.get("BROWSER_TESTS") == "required"
AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
NO_CHROMIUM: Final = "Chromium is not installed"
NO_AXE: Final = "axe-core is not installed (make axe)"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
    "--mute-audio",
)
T = TypeVar("T")


def executable() -> str | None:
    """The browser's program: CHROMIUM, or what is on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


class Stage:
    """One Chromium, and the thread in which everything that touches it runs."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._playwright: Any = None
        self.browser: Browser = self.run(self._start)

    def run(self, what: Callable[..., T], /, *args: Any, **named: Any) -> T:
        """Runs something in the browser's thread and returns what comes of it."""
        return self._thread.submit(what, *args, **named).result()

    def close(self) -> None:
        """Ends the browser."""
        self.run(self._stop)
        self._thread.shutdown()

    def _start(self) -> Browser:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        browser: Browser = self._playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
        return browser

    def _stop(self) -> None:
        self.browser.close()
        self._playwright.stop()
