"""R7, R8: every role at every route, for every class of report and every organisation; made from the table of rules.

A new route is in here by itself. A parameter that is not known here gets something that nobody has, so that the route
may say "not there" to whom it is open, and must to everybody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gateway.desk.events import Events
from gateway.desk.guard import COOKIE
from gateway.desk.rules import EVENTS, RULES
from handlers import people, sign_in
from handlers.desk import HANDLERS
from handlers.people import ROLES
from handlers.records import people as accounts
from handlers.records.database import Database
from tests.fakes import Desk
from tests.gateway.desk.browser import HTTPS, Browser, application
from tests.handlers.desk_people import hire, two_forces

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"
CLASSES = ("ordinary", "confidential", "another organisation's")
NOBODYS = "0" * 32
OPEN_TO_ALL = {
    "healthy", "static", "sign_in_page", "sign_in", "link_page", "use_link", "passkey_options",
    "passkey_enter", "single_sign_on", "single_sign_on_back", "enrol_page", "enrol",
}  # fmt: skip


@pytest.fixture
def desk(lite: Database) -> Desk:
    """Two forces on one SQLite store, with a report of each class."""
    return two_forces(lite)


@dataclass
class Reports:
    """One report of each class, made anew once somebody has moved it out of sight."""

    desk: Desk
    count: int = 0

    def make(self, kind: str) -> str:
        """A fresh one."""
        self.count += 1
        self.desk.clock.move(1)
        words, recipient = (ABOUT_STAFF if kind == "confidential" else NOW), "61017" if kind == CLASSES[2] else "61016"
        before = self._all(kind)
        self.desk.say(words, sender=f"+4477009001{self.count:02d}", recipient=recipient)
        (made,) = self._all(kind) - before
        return made

    def _all(self, kind: str) -> set[str]:
        audience, at = "confidential" if kind == CLASSES[1] else "desk", "other" if kind == CLASSES[2] else "btp"
        # what others see of a confidential one is a card, which is no report of its own
        return {
            row[0]
            for row in self.desk.rows(
                f"SELECT id FROM reports WHERE audience = '{audience}' AND organisation = '{at}' "  # noqa: S608
                "AND id IN (SELECT report_id FROM desk_items)"
            )
        }


@dataclass
class Call:
    """One route as one person calls it."""

    rule: Rule
    where: str
    kind: str

    @property
    def method(self) -> str:
        return "POST" if "POST" in (self.rule.methods or ()) else "GET"

    def path(self, app: Flask, report: str) -> str:
        """Its address; an unknown parameter gets what nobody has."""
        known = {"organisation": self.where, "report_id": report}
        values: dict[str, Any] = {}
        for name in self.rule.arguments:
            number = type(self.rule._converters[name]).__name__ in ("IntegerConverter", "FloatConverter")
            values[name] = known.get(name, 999_999_999 if number else NOBODYS)
        return app.url_map.bind("desk.example.org").build(self.rule.endpoint, values, method=self.method)

    def is_open(self, role: str) -> bool:
        """Whether somebody in that role at btp may call it, by the table and by what the role sees."""
        sees = {"ordinary": ("dispatcher", "supervisor"), "confidential": ("confidential",)}.get(self.kind, ())
        return (
            role in RULES[self.rule.endpoint].roles
            and ("organisation" not in self.rule.arguments or self.where == "btp")
            and ("report_id" not in self.rule.arguments or role in sees)
        )

    @property
    def is_certain(self) -> bool:
        """Whether there is what it names."""
        return self.rule.arguments <= {"organisation", "report_id"}


def calls(app: Flask) -> Iterator[Call]:
    """Every route, at each organisation, for each class of report where it names one."""
    for rule in app.url_map.iter_rules():
        if RULES[rule.endpoint].outside:
            continue
        for where in ("btp", "other") if "organisation" in rule.arguments else ("btp",):
            for kind in CLASSES if "report_id" in rule.arguments else CLASSES[:1]:
                yield Call(rule, where, kind)


@dataclass
class Visitor:
    """Somebody at the desk who signs in again where a call ended the session."""

    desk: Desk
    app: Flask
    csrf: str = ""
    browser: Browser = field(init=False)

    def enter(self) -> Browser:
        """A browser that is signed in."""
        if not self.csrf or self.browser.get("/account").status_code != 200:
            self.browser = Browser(self.app).enter(self.desk, "somebody")
            self.csrf = self.browser.csrf("/account")
        return self.browser

    def call(self, call: Call, report: str) -> TestResponse:
        """Calls it, with the form's token where it changes something."""
        path = call.path(self.app, report)
        if call.method == "POST":
            return self.browser.post(path, csrf=self.csrf)
        return self.browser.get(path)


def _noting(app: Flask) -> set[str]:
    """The routes whose own code is run, as they are run."""
    reached: set[str] = set()

    def noted(endpoint: str, view: Any) -> Any:
        def called(*args: Any, **kwargs: Any) -> Any:
            reached.add(endpoint)
            return view(*args, **kwargs)

        return called

    app.view_functions = {name: noted(name, view) for name, view in app.view_functions.items()}
    return reached


@pytest.mark.parametrize("role", ROLES)
def test_r7_r8_every_role_route_class_and_organisation(desk: Desk, role: str) -> None:
    hire(desk, "somebody", role)
    app, reports = application(desk), Reports(desk)
    reached = _noting(app)
    one = {kind: reports.make(kind) for kind in CLASSES}
    visitor = Visitor(desk, app)
    visitor.enter()
    unknown = {"GET": visitor.browser.get("/no/such/page"), "POST": visitor.browser.post("/no/such/page")}
    found = sorted(calls(app), key=lambda call: (call.is_open(role), call.method))

    for call in found:
        if not call.is_open(role):
            answer = visitor.call(call, one[call.kind])
            named = (call.rule.endpoint, call.where, call.kind, answer.status_code)
            assert answer.status_code == 404, named
            assert answer.data == unknown[call.method].data, named
            assert sorted(answer.headers) == sorted(unknown[call.method].headers), named
            continue
        visitor.enter()
        if "report_id" in call.rule.arguments and call.method == "POST":
            seen = visitor.browser.get(f"/btp/reports/{one[call.kind]}")
            one[call.kind] = one[call.kind] if seen.status_code == 200 else reports.make(call.kind)
        reached.clear()
        answer = visitor.call(call, one[call.kind])
        named = (call.rule.endpoint, call.where, call.kind, answer.status_code)
        assert answer.status_code < 500, named
        assert call.rule.endpoint in reached, named
        # an empty form may name something that is not there
        assert answer.status_code != 404 or call.method == "POST" or not call.is_certain, named


def test_r7_signed_out_nothing_is_open_but_the_ways_in(desk: Desk) -> None:
    app, browser = application(desk), None
    assert {name for name, rule in RULES.items() if rule.outside} == OPEN_TO_ALL
    for call in calls(app):
        browser = Browser(app)
        path = call.path(app, NOBODYS)
        answer = browser.get(path) if call.method == "GET" else browser.post(path, csrf="x")
        told = (answer.status_code, answer.location if call.method == "GET" else answer.text)
        assert told in ((303, "/sign-in"), (401, "You are signed off.\n")), call.rule.endpoint
    assert browser is not None


def test_r7_a_session_that_only_enrols_opens_the_page_of_passkeys_alone(desk: Desk) -> None:
    hire(desk, "somebody", *ROLES)
    app = application(desk)
    with desk.service.database.write() as tx:
        row = accounts.by_name(tx, "somebody")
        assert row is not None
        token = sign_in.begin_session(tx, row.id, [], int(desk.clock.now() * 1000), sign_in.ENROL)
    browser = Browser(app)
    browser.client.set_cookie(COOKIE, token, domain="desk.example.org", secure=True)
    csrf = sign_in.csrf_of(token)
    opened = set()
    for call in calls(app):
        if call.rule.endpoint == "sign_out":
            continue
        path = call.path(app, NOBODYS)
        answer = browser.get(path) if call.method == "GET" else browser.post(path, csrf=csrf)
        if answer.status_code not in (401, 303):
            opened.add(call.rule.endpoint)

    assert opened == {"account", "account_passkey_options", "account_passkey_add"}


def test_r8_a_role_at_one_organisation_is_none_at_another(desk: Desk) -> None:
    """Dispatcher here and of the confidential team there: neither sees what the other may."""
    hire(desk, "somebody", "dispatcher")
    people.change_role(desk.service, "somebody", "other", "confidential")
    reports = Reports(desk)
    ordinary, confidential, theirs = (reports.make(kind) for kind in CLASSES)
    browser = Browser(application(desk)).enter(desk, "somebody")

    told = [
        browser.get(f"/{at}/reports/{report}").status_code
        for at in ("btp", "other")
        for report in (ordinary, confidential, theirs)
    ]
    assert told == [200, 404, 404, 404, 404, 404]


def test_r7_no_role_and_no_session_of_somebody_else(desk: Desk) -> None:
    hire(desk, "somebody")
    browser = Browser(application(desk)).enter(desk, "somebody")

    assert {browser.get(path).status_code for path in ("/", "/account", "/btp/queue", "/btp/audit")} == {404}
    browser.client.set_cookie(COOKIE, "made-up", domain="desk.example.org", secure=True)
    assert browser.get("/btp/queue").location == "/sign-in"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("where", ["btp", "other", "nowhere"])
def test_r7_the_live_stream_is_open_to_who_may_see_the_queue(desk: Desk, role: str, where: str) -> None:
    hire(desk, "somebody", role)
    token = sign_in.by_link(desk.service, people.one_time_link(desk.service, "somebody"))

    opened = asyncio.run(_status(Events(desk.service, _nothing), f"/{where}/events", f"{COOKIE}={token}")) == 200

    assert opened == (role in EVENTS.roles and where == "btp")
    assert EVENTS.roles == set(HANDLERS)
    assert asyncio.run(_status(Events(desk.service, _nothing), f"/{where}/events", "")) == 404


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the stream answers itself")


async def _status(events: Events, path: str, cookie: str) -> int:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "https",
        "headers": [(b"cookie", cookie.encode()), (b"host", HTTPS.encode())],
    }  # fmt: skip
    await events(scope, receive, send)
    return int(sent[0]["status"])
