"""The home page, the health page and the error pages: plain, accessible, and without a value of anybody's."""

from __future__ import annotations

import logging
from html.parser import HTMLParser

import pytest

from gateway.web.health import Check, CheckFailedError
from tests.gateway.web.edge import Edge


class Outline(HTMLParser):
    """What a reader of a page gets: its language, title, headings, and whatever could run or load."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.language = self.title = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        assert not {name for name in given if name.startswith("on") or name == "style"}
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        if tag == "html":
            self.language = given.get("lang") or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "title" and not self.title:
            self.title = data


def outline_of(document: str) -> Outline:
    """The outline of a page with the basics of WCAG 2.2 (1.3.1, 2.4.2, 3.1.1) that loads nothing foreign."""
    outline = Outline(document)
    assert outline.language == "en"
    assert outline.title.strip()
    assert outline.tags.count("h1") == outline.tags.count("main") == 1
    assert "script" not in outline.tags
    assert outline.links == ["/style.css"]
    return outline


class TestHome:
    def test_it_says_that_it_runs(self, edge: Edge) -> None:
        answer = edge.client.get("/")
        assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
        assert outline_of(answer.text).title == "Quietline is running"

    def test_in_production_it_does_not_tell_how_to_text_it(self, edge: Edge) -> None:
        assert "quietline phone" not in edge.client.get("/").text

    def test_in_development_it_does_and_escapes_what_it_says(self) -> None:
        page = Edge(development=True).client.get("/").text
        outline_of(page)
        assert "<p>Run: quietline phone &amp; text</p>" in page
        assert "<pre>Or &lt;b&gt;text&lt;/b&gt;:\n  +447700900001</pre>" in page

    def test_its_style_comes_from_its_own_path(self, edge: Edge) -> None:
        answer = edge.client.get("/style.css")
        assert (answer.status_code, answer.content_type) == (200, "text/css; charset=utf-8")
        assert "url(" not in answer.text
        assert "@import" not in answer.text


def fails(error: Exception) -> Check:
    def probe() -> str | None:
        raise error

    return Check("database", probe)


class TestHealth:
    def test_everything_up(self) -> None:
        edge = Edge(checks=[Check("database", lambda: None), Check("queue", lambda: "3 waiting")])
        answer = edge.client.get("/healthy")
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        checked = {"database": "up", "queue": "up: 3 waiting"}
        assert answer.json == {"state": "up", "summary": "Up.", "checks": checked}

    def test_a_vital_thing_down(self) -> None:
        edge = Edge(checks=[fails(CheckFailedError("the disk is full")), Check("queue", lambda: None)])
        answer = edge.client.get("/healthy")
        assert answer.status_code == 503
        assert answer.json == {
            "state": "down",
            "summary": "Down: database.",
            "checks": {"database": "down: the disk is full", "queue": "up"},
        }

    def test_a_thing_down_that_only_slows_reports_keeps_texts_coming_f6(self) -> None:
        def broken() -> str | None:
            raise ConnectionError("redis://user:canary@host")

        edge = Edge(checks=[Check("database", lambda: None), Check("queue", broken, vital=False)])
        answer = edge.client.get("/healthy")
        assert answer.status_code == 200
        assert answer.json == {
            "state": "degraded",
            "summary": "Degraded, texts are taken and kept. Not working: queue.",
            "checks": {"database": "up", "queue": "down: ConnectionError"},
        }

    def test_a_check_whose_good_news_begins_with_down_is_still_up(self) -> None:
        edge = Edge(checks=[Check("disk", lambda: "down to 40 % use")])
        assert edge.client.get("/healthy").status_code == 200

    @pytest.mark.parametrize("error", [ValueError("canary"), OSError(28, "canary"), KeyError("canary")])
    def test_what_an_exception_says_is_not_shown(self, error: Exception) -> None:
        answer = Edge(checks=[fails(error)]).client.get("/healthy")
        assert answer.status_code == 503
        assert "canary" not in answer.text


class TestErrors:
    def test_a_browser_gets_a_page(self, edge: Edge) -> None:
        answer = edge.client.get("/canary?canary=1")
        assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
        assert outline_of(answer.text).title == "There is nothing here."
        assert "canary" not in answer.text

    def test_an_unexpected_exception_is_answered_neutrally_and_logged_without_a_value_r18(
        self, edge: Edge, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)

        def breaks() -> str:
            raise LookupError("canary +447700900123")

        edge.app.view_functions["home.root"] = breaks
        answer = edge.client.get("/?canary", headers={"User-Agent": "canary"})
        assert (answer.status_code, outline_of(answer.text).title) == (500, "Something went wrong. Please try again.")
        messages = [record.getMessage() for record in caplog.records]
        assert len(messages) == 1
        assert messages[0].startswith("unexpected LookupError at ")
        out, err = capfd.readouterr()
        assert "canary" not in answer.text + caplog.text + out + err

    def test_even_what_fails_outside_of_a_view_is_logged_without_a_value(
        self, edge: Edge, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def breaks(response: object) -> object:
            raise LookupError("canary")

        edge.app.after_request(breaks)
        answer = edge.client.get("/healthy")
        out, err = capfd.readouterr()
        assert answer.status_code == 500
        assert "canary" not in answer.text + caplog.text + out + err
        assert "unexpected LookupError at " in caplog.text
