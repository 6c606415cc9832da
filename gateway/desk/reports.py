"""The queue, a report, and what staff do with it."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import thread
from gateway.desk.pages import page
from handlers import audit_view, desk, handling
from handlers.desk import Queue, Shown
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.service import Service
from handlers.staff import LOCK_SCREEN, MOST_SEGMENTS, NotSaid

_MOST_SESSIONS: Final = 4096


class Reports:
    """The pages of who handles reports.

    Args:
        service: the shared parts.
        doorbell: rung for what a text to a reporter forwards.
    """

    def __init__(self, service: Service, doorbell: Doorbell) -> None:
        self._service = service
        self._doorbell = doorbell
        self._shown: OrderedDict[tuple[str, str, str], Shown] = OrderedDict()
        self._lock = threading.Lock()

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        one = "/<organisation>/reports/<report_id>"
        for path, endpoint, view, method in (
            ("/", "home", self.home, "GET"),
            ("/<organisation>/queue", "queue", self.queue, "GET"),
            ("/<organisation>/lines", "lines", self.lines, "GET"),
            (one, "report", self.report, "GET"),
            (f"{one}/claim", "claim", self.claim, "POST"),
            (f"{one}/release", "release", self.release, "POST"),
            (f"{one}/transfer", "transfer", self.transfer, "POST"),
            (f"{one}/note", "note", self.note, "POST"),
            (f"{one}/incident", "incident", self.incident, "POST"),
            (f"{one}/close", "close", self.close, "POST"),
            (f"{one}/write", "write", self.write, "POST"),
            (f"{one}/hand-back", "hand_back", self.hand_back, "POST"),
            ("/<organisation>/audit", "audit", self.audit, "GET"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def home(self) -> ResponseReturnValue:
        """The one place where this person works, or a list of them."""
        places = [
            (organisation, self._name(organisation), "queue" if g.person.has(organisation, *desk.HANDLERS) else "audit")
            for organisation in g.person.organisations
            if g.person.has(organisation, *desk.HANDLERS, "auditor")
        ]
        if len(places) == 1:
            return redirect(f"/{places[0][0]}/{places[0][2]}", 303)
        return page("home.html", places=places)

    def queue(self, organisation: str) -> ResponseReturnValue:
        """The queue as a page."""
        return page("queue.html", **self._queue_values(organisation))

    def lines(self, organisation: str) -> ResponseReturnValue:
        """The queue's lines alone, for the page that keeps itself up to date."""
        return page("lines.html", **self._queue_values(organisation))

    def report(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """One report."""
        return self._show(organisation, report_id)

    def claim(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Takes it."""
        return self._do(
            organisation, report_id, lambda: handling.claim(self._service, g.person, organisation, report_id)
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
            handling.write(
                self._service, self._doorbell, g.person, organisation, report_id, draft, key=key,
                sure=form.get("sure") == "yes",
            )  # fmt: skip
        except NotSaid as refused:
            return self._show(organisation, report_id, 409, draft=draft, refused=refused)
        except NotDone as refused:
            return self._show(organisation, report_id, 409, draft=draft, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def hand_back(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Lets the questions go on."""
        try:
            handling.hand_back(self._service, self._doorbell, g.person, organisation, report_id)
        except NotSaid as refused:
            return self._show(organisation, report_id, 409, refused=refused)
        except NotDone as refused:
            return self._show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def audit(self, organisation: str) -> ResponseReturnValue:
        """Who saw and changed what."""
        rows = audit_view.newest(self._service, g.person, organisation)
        return page("audit.html", rows=rows, name=self._name(organisation), timezone=self._timezone(organisation))

    def _do(self, organisation: str, report_id: str, change: Callable[[], None]) -> ResponseReturnValue:
        try:
            change()
        except NotDone as refused:
            return self._show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def _show(
        self, organisation: str, report_id: str, status: int = 200, *, draft: str = "", refused: NotSaid | None = None,
        not_done: NotDone | None = None,
    ) -> ResponseReturnValue:  # fmt: skip
        found = desk.report(self._service, g.person, organisation, report_id)
        return page(
            "report.html", status, report=found, line=found.line, item=found.line.item, turns=thread.of(found),
            mine=found.line.item.holder == g.person.person_id, organisation=organisation,
            timezone=self._timezone(organisation), draft=draft, refused=refused, not_done=not_done,
            outcomes=handling.OUTCOMES, key=secrets.token_urlsafe(12), lock_screen=LOCK_SCREEN, most=MOST_SEGMENTS,
        )  # fmt: skip

    def _queue_values(self, organisation: str) -> dict[str, Any]:
        wanted = request.args.get("team")
        audience = desk.audience_of(g.person, organisation, "confidential" if wanted == "confidential" else None)
        found: Queue = desk.queue(
            self._service, g.person, organisation, audience, self._shown_to(organisation, audience)
        )
        return {
            "queue": found,
            "organisation": organisation,
            "name": self._name(organisation),
            "supervisor": g.person.has(organisation, "supervisor"),
        }

    def _shown_to(self, organisation: str, audience: str) -> Shown:
        """What this session has been shown; forgotten, it is audited once more, never less."""
        with self._lock:
            found = self._shown.setdefault((g.person.session, organisation, audience), Shown())
            self._shown.move_to_end((g.person.session, organisation, audience))
            while len(self._shown) > _MOST_SESSIONS:
                self._shown.popitem(last=False)
            return found

    def _name(self, organisation: str) -> str:
        found = self._service.directory.get(organisation)
        return found.name if found is not None else organisation

    def _timezone(self, organisation: str) -> str:
        found = self._service.directory.get(organisation)
        return found.timezone if found is not None else "Europe/London"
