"""People at the desk, each with a browser of their own."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import AXE
from tests.browser.installation import Force

# Notes what the alarm does: tones that nobody hears in a test, and what the system is asked to show.
_LISTEN = """
window.heard = []; window.noted = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  if (this.context.state === "running") window.heard.push(Date.now());
  return start.call(this, at);
};
window.Notification = class {
  constructor(title, more) { window.noted.push([title, more.body || ""]); }
  close() {}
  static permission = "granted";
  static requestPermission() { return Promise.resolve("granted"); }
};
"""
_AXE = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})).violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""
expect.set_options(timeout=20_000)


class People:
    """Opens browsers for people, and closes them after the story. `wrong` is what no page may do."""

    def __init__(self, browser: Browser, force: Force) -> None:
        self._browser, self.force = browser, force
        self._contexts: list[BrowserContext] = []
        self._allowed: tuple[str, ...] = (force.at.desk, "blob:", "about:")
        self.wrong: list[str] = []

    def page(
        self, *, wide: int = 1440, high: int = 900, dark: bool = False, allows: tuple[str, ...] = (), **more: Any
    ) -> Page:
        """A fresh browser, nobody signed in; `allows` names what it may call besides this desk."""
        self._allowed += allows
        context = self._browser.new_context(
            base_url=self.force.at.desk, viewport={"width": wide, "height": high},
            color_scheme="dark" if dark else "light", reduced_motion="reduce", locale="en-GB", **more,
        )  # fmt: skip
        context.set_default_timeout(20_000)
        context.add_init_script(_LISTEN)
        context.on("request", lambda asked: self._seen(asked.url))
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on("console", lambda said: self.wrong.append(said.text) if "Content Security" in said.text else None)
        self._contexts.append(context)
        return context.new_page()

    def sits_down(self, name: str, *roles: str, shown: str = "", **more: Any) -> Page:
        """Somebody is hired, opens a browser and signs in."""
        page = self.page(**more)
        page.goto(self.force.hire(name, *roles, shown=shown))
        page.get_by_role("button", name="Open the desk").click()
        page.wait_for_url(lambda url: "/link/" not in url)
        return page

    def leave(self) -> None:
        """Closes every browser of this story."""
        for context in self._contexts:
            context.close()

    def _seen(self, url: str) -> None:
        if not url.startswith(self._allowed):
            self.wrong.append(f"asked {url}")


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA; empty is right (P7)."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(_AXE)
    return found


def press(page: Page, *keys: str) -> None:
    """Presses keys, each once the page that the one before led to is there."""
    for key in keys:
        page.wait_for_load_state()
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """Where the keyboard is: the report's id and the element's class."""
    return str(
        page.evaluate(
            "() => { const at = document.activeElement, line = at.closest('.line');"
            " return `${line ? line.dataset.report : ''} ${at.className.split(' ')[0]}`; }"
        )
    )


def heard(page: Page) -> int:
    """How many tones have sounded on this page."""
    return int(page.evaluate("() => window.heard.length"))
