"""The queue, a report, and what staff do with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import one
from gateway.desk.drawing import Drawing
from gateway.desk.everywhere import name_of
from gateway.desk.pages import page
from gateway.desk.shift import beside
from handlers import desk, handling, news, reopening
from handlers.desk import Queue, Shown
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.presence import Presence
from handlers.service import Service, milliseconds
from handlers.staff import NotSaid

_MOST_SESSIONS: Final = 4096
_MOST_CHANGED: Final = 40


class Reports:
    """The pages of who handles reports.

    Args:
        service: the shared parts.
        doorbell: rung for what a text to a reporter forwards.
        presence: who is at the desk.
    """

    def __init__(self, service: Service, doorbell: Doorbell, presence: Presence) -> None:
        self._service = service
        self._presence = presence
        self._doorbell = doorbell
        self._shown: OrderedDict[tuple[str, str, str], Shown] = OrderedDict()
        self._lock = threading.Lock()

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        self._drawing = Drawing(app)
        at = "/<organisation>/reports/<report_id>"
        for path, endpoint, view, method in (
            ("/<organisation>/queue", "queue", self.queue, "GET"),
            ("/<organisation>/lines", "lines", self.lines, "GET"),
            ("/<organisation>/waiting", "waiting", self.waiting, "GET"),
            (at, "report", self.report, "GET"),
            (f"{at}/claim", "claim", self.claim, "POST"),
            (f"{at}/reopen", "reopen", self.reopen, "POST"),
            (f"{at}/release", "release", self.release, "POST"),
            (f"{at}/transfer", "transfer", self.transfer, "POST"),
            (f"{at}/note", "note", self.note, "POST"),
            (f"{at}/incident", "incident", self.incident, "POST"),
            (f"{at}/close", "close", self.close, "POST"),
            (f"{at}/write", "write", self.write, "POST"),
            (f"{at}/hand-back", "hand_back", self.hand_back, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def queue(self, organisation: str) -> ResponseReturnValue:
        """The queue as a page."""
        return page("queue.html", **self._queue_values(organisation))

    def lines(self, organisation: str) -> ResponseReturnValue:
        """The queue's lines alone, or some of them, for the page that keeps itself up to date."""
        changed = request.args.get("changed", "")
        only = frozenset(changed.split(",")) if changed and changed.count(",") < _MOST_CHANGED else None
        return page("lines.html", **self._queue_values(organisation, only))

    def waiting(self, organisation: str) -> ResponseReturnValue:
        """How many wait, how urgent and since when, and how many of one's own have news, for every page; no content."""
        at = organisation, self._audience(organisation)
        found, mine = desk.waiting(self._service, g.person, *at), desk.news(self._service, g.person, *at)
        return jsonify(now=milliseconds(self._service.clock.now()), waiting=found, mine=mine)

    def report(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """One report."""
        return self.show(organisation, report_id)

    def claim(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Takes it."""
        return self._do(
            organisation, report_id, lambda: handling.claim(self._service, g.person, organisation, report_id)
        )

    def reopen(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Opens a closed one again."""
        return self._do(
            organisation, report_id, lambda: reopening.reopen(self._service, g.person, organisation, report_id)
        )

    def release(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Gives it back."""
        return self._do(
            organisation, report_id, lambda: handling.release(self._service, g.person, organisation, report_id)
        )

    def transfer(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Hands it to a colleague."""
        to = request.form.get("to", "")
        return self._do(
            organisation, report_id, lambda: handling.transfer(self._service, g.person, organisation, report_id, to)
        )

    def note(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Keeps a note."""
        body, key = request.form.get("body", ""), request.form.get("key", "")
        return self._do(
            organisation,
            report_id,
            lambda: handling.add_note(self._service, g.person, organisation, report_id, body, key=key),
        )

    def incident(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Notes the control room's own number."""
        number = request.form.get("number", "")
        return self._do(
            organisation,
            report_id,
            lambda: handling.set_incident(self._service, g.person, organisation, report_id, number),
        )

    def close(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Closes it with its outcome."""
        outcome = request.form.get("outcome", "")
        return self._do(
            organisation, report_id, lambda: handling.close(self._service, g.person, organisation, report_id, outcome)
        )

    def write(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Texts the reporter; what may not be said comes back with the reason and the draft."""
        form = request.form
        draft, key = form.get("text", ""), form.get("key", "")
        try:
            if (began := form.get("began", "")).isdecimal() and len(began) < 9:
                news.check(self._service, g.person, organisation, report_id, int(began))
            handling.write(
                self._service, self._doorbell, g.person, organisation, report_id, draft, key=key,
                sure=form.get("sure") == "yes",
            )  # fmt: skip
        except NotSaid as refused:
            return self.show(organisation, report_id, 409, draft=draft, refused=refused)
        except NotDone as refused:
            return self.show(organisation, report_id, 409, draft=draft, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def hand_back(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Lets the questions go on."""
        try:
            handling.hand_back(self._service, self._doorbell, g.person, organisation, report_id)
        except NotSaid as refused:
            return self.show(organisation, report_id, 409, refused=refused)
        except NotDone as refused:
            return self.show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def _do(self, organisation: str, report_id: str, change: Callable[[], None]) -> ResponseReturnValue:
        try:
            change()
        except NotDone as refused:
            return self.show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def show(self, organisation: str, report_id: str, status: int = 200, **more: Any) -> ResponseReturnValue:
        """One report's page, with what was refused or done."""
        found = one.values(self._service, g.person, organisation, report_id, **more)
        found |= beside(self._service, self._presence, found)
        return page("report.html", status, timezone=self._timezone(organisation), **found)

    def _audience(self, organisation: str) -> str:
        wanted = request.args.get("team")
        return desk.audience_of(g.person, organisation, "confidential" if wanted == "confidential" else None)

    def _queue_values(self, organisation: str, only: frozenset[str] | None = None) -> dict[str, Any]:
        audience, person = self._audience(organisation), g.person
        found: Queue = desk.queue(
            self._service, person, organisation, audience, self._shown_to(organisation, audience), only
        )
        return {
            "queue": found,
            "drawn": lambda line: self._drawing.line(line, organisation, found.now, person),
            "organisation": organisation,
            "name": name_of(self._service, organisation),
            "supervisor": g.person.has(organisation, "supervisor"),
            "people": self._presence.people((organisation, audience)),
        }

    def _shown_to(self, organisation: str, audience: str) -> Shown:
        """What this session has been shown; forgotten, it is audited once more, never less."""
        with self._lock:
            found = self._shown.setdefault((g.person.session, organisation, audience), Shown())
            self._shown.move_to_end((g.person.session, organisation, audience))
            while len(self._shown) > _MOST_SESSIONS:
                self._shown.popitem(last=False)
            return found

    def _timezone(self, organisation: str) -> str:
        found = self._service.directory.get(organisation)
        return found.timezone if found is not None else "Europe/London"
