"""Who is at the desk and at a report: heard from the pages, told over the live stream.

Names of colleagues and ids of reports go over the stream, to those who see the same queue; no content.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from handlers import desk, joining, writing
from handlers.ports import Doorbell
from handlers.presence import READING, WRITING, Desk, Presence
from handlers.records.shifts import Present
from handlers.service import Service

MOST_NAMES: Final = 40
MOST_REPORTS: Final = 200


class Presences:
    """The route by which a report's page says what somebody does there.

    Args:
        service, doorbell: the shared parts.
        presence: what is known of all of them.
    """

    def __init__(self, service: Service, doorbell: Doorbell, presence: Presence) -> None:
        self._service = service
        self._doorbell = doorbell
        self._presence = presence

    def add_to(self, app: Flask) -> None:
        """Adds the route."""
        path = "/<organisation>/reports/<report_id>/presence"
        app.add_url_rule(path, "presence", self.say, methods=["POST"], provide_automatic_options=False)

    def say(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """`doing` is reading or writing; anything else is neither. While somebody writes the questions rest.

        `to` is `all` where it is to all of an incident, `draft` is `no` where nothing is left to send.
        """
        with self._service.database.read() as tx:
            item = desk.find(tx, g.person, organisation, report_id)
        doing, where = request.form.get("doing", ""), (organisation, item.audience)
        who = (g.person.person_id, g.person.shown)
        self._presence.write(*who, where, report_id, on=doing == WRITING)
        self._presence.read(*who, where, report_id, on=doing in (READING, WRITING))
        if doing == WRITING:
            for each in joining.members(self._service, report_id) if request.form.get("to") == "all" else [report_id]:
                writing.begin(self._service, g.person, organisation, each)
        elif request.form.get("draft") == "no":
            for each in joining.members(self._service, report_id):
                writing.end(self._service, self._doorbell, g.person, organisation, each)
        return Response(status=204)


def sentence(found: Iterable[Present]) -> str:
    """Such as `Rhian is writing. Tom is reading this.`; empty for nobody. `presence.js` words it likewise."""
    words = {WRITING: "is writing", READING: "is reading this"}
    return " ".join(f"{one.shown} {words[one.doing]}." for one in found if one.doing in words)


def event(presence: Presence, at: Desk, reports: Iterable[str] | None = None) -> bytes:
    """What the stream tells: who is at the desk, and at which reports who does what.

    Args:
        presence: what is known.
        at: the desk, as organisation and audience.
        reports: those at which something changed; all of them where absent.
    """
    found = presence.at(at)
    names = {one.person_id: one.shown for one in found}
    wanted = {one.report_id for one in found} if reports is None else set(reports)
    told: dict[str, list[list[str]]] = {report: [] for report in sorted(wanted - {""})[:MOST_REPORTS]}
    for one in found:
        if one.report_id in told:
            told[one.report_id].append([one.person_id, one.shown, one.doing])
    body: dict[str, Any] = {"people": sorted(names.values())[:MOST_NAMES], "count": len(names), "reports": told}
    return b"event: presence\ndata: " + orjson.dumps(body) + b"\n\n"
