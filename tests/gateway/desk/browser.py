"""A person with a browser at the desk, without the browser: cookies, forms and their tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.desk.app import create_app
from handlers import people
from tests.fakes import Desk

HTTPS = "https://desk.example.org"


def application(desk: Desk) -> Flask:
    """The desk's web application on an installation under test."""
    return create_app(desk.service, desk.doorbell)


@dataclass
class Browser:
    """One person's browser."""

    app: Flask
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def enter(self, desk: Desk, name: str) -> Browser:
        """Signs in by a link, the quick way."""
        assert self.post(f"/link/{people.one_time_link(desk.service, name)}").status_code == 303
        return self

    def get(self, path: str, **more: Any) -> TestResponse:
        """Fetches a page."""
        return self.client.get(path, base_url=HTTPS, buffered=True, **more)

    def post(self, path: str, *, csrf: str | None = None, **form: str) -> TestResponse:
        """Sends a form, with the token of the last page unless told another."""
        given = form | ({"csrf": csrf} if csrf is not None else {})
        return self.client.post(path, base_url=HTTPS, data=given)

    def csrf(self, path: str) -> str:
        """The token in a page's forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get(path, follow_redirects=True).text)
        assert found is not None
        return found[1]

    def do(self, path: str, page: str, **form: str) -> TestResponse:
        """Opens a page and sends one of its forms."""
        return self.post(path, csrf=self.csrf(page), **form)


def words(response: TestResponse) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return " ".join(unescape(text).split())
