"""The auditor's view of who saw and changed what: filtered, a page at a time, without content (R10).

What is asked for stands in the address, so that the page needs no script and can be gone back to: ids and codes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from gateway.desk.pages import page
from handlers import audit_view
from handlers.records.audit import Wanted
from handlers.service import Service

LONGEST: Final = 64
KINDS: Final = {
    "consultation": "Consultation (looked at)",
    "alteration": "Alteration (changed)",
    "disclosure": "Disclosure (told somebody)",
    "combination": "Combination (joined)",
    "collection": "Collection",
    "erasure": "Erasure",
}

ACTS: Final = {
    "report": "report's page",
    "joined": "shown beside another",
    "aside": "texts set aside",
    "board": "supervisor's board",
    "audit": "this page",
    "typing": "began to write",
    "reopen": "opened again",
    "reply": "text to the reporter",
    "hand_back": "questions go on",
    "honest_line": "line that nobody is free yet",
    "join": "joined to another",
    "split": "taken from another",
    "incident": "incident number",
    "label_off": "label taken off",
    "promise": "promise noted",
    "promise_kept": "promise kept",
    "handover": "hand-over offered",
    "handover_accepted": "hand-over accepted",
    "handover_withdrawn": "hand-over withdrawn",
    "review": "read again",
    "exercise": "exercise started",
    "hold": "legal hold",
    "release hold": "legal hold ended",
}
"""What somebody did, where the code does not say it."""


class Audits:
    """This route.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the route."""
        app.add_url_rule("/<organisation>/audit", "audit", self.show, methods=["GET"], provide_automatic_options=False)

    def show(self, organisation: str) -> ResponseReturnValue:
        """The page."""
        known = self._service.directory.get(organisation)
        timezone = known.timezone if known is not None else "Europe/London"
        asked = {
            name: request.args.get(name, "").strip()[:LONGEST] for name in ("who", "kind", "what", "report", "day")
        }
        number = max(1, min(_number("page"), audit_view.FURTHEST))
        found = audit_view.found(
            self._service, g.person, organisation, _wanted(asked, timezone), number, _number("until")
        )
        return page(
            "audit.html", found=found, asked=asked, organisation=organisation, timezone=timezone, kinds=KINDS,
            acts_said=ACTS, name=known.name if known is not None else organisation, nobody=audit_view.NOBODY,
            acts=sorted({*audit_view.ACTS, *(seen.row.what for seen in found.rows), asked["what"]} - {""}),
            to=lambda **more: _address(asked, found.until, **more),
            wrong_day=bool(asked["day"]) and not _day(asked["day"]),
        )  # fmt: skip


def _wanted(asked: Mapping[str, str], timezone: str) -> Wanted:
    """What was asked for; a day is one of the organisation's, and none where it cannot be read."""
    day, report = _day(asked["day"]), asked["report"]
    since, until = (_start(day, timezone), _start(day + timedelta(days=1), timezone)) if day else (0, 1 << 62)
    reference = report.upper() if len(report) <= 8 else report.lower()
    return Wanted(asked["who"], asked["kind"], asked["what"], reference, since, until)


def _address(asked: Mapping[str, str], until: int, **more: str | int) -> str:
    """The same page with something else asked for; another page of it where only the number is new."""
    given = {name: value for name, value in {**asked, **more}.items() if value}
    if "page" in more:
        given["until"] = until
    return f"?{urlencode(given)}"


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0


def _day(given: str) -> date | None:
    try:
        found = date.fromisoformat(given)
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None


def _start(day: date, timezone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp() * 1000)
