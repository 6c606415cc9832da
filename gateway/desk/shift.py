"""The page of a shift and its hand-over; promises on a report's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import presence as presences
from gateway.desk.pages import page
from handlers import desk, promises, shifts
from handlers.handling import NotDone
from handlers.presence import Presence
from handlers.service import Service

Show = Callable[..., ResponseReturnValue]


class Shifts:
    """These routes.

    Args:
        service: the shared parts.
        presence: who is at the desk.
        show: makes a report's page, with what was not done.
    """

    def __init__(self, service: Service, presence: Presence, show: Show) -> None:
        self._service = service
        self._presence = presence
        self._show = show

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        one, here = "/<organisation>/reports/<report_id>", "/<organisation>/shift"
        for path, endpoint, view, method in (
            (here, "shift", self.shift, "GET"),
            (f"{here}/hand-over", "hand_over", self.hand_over, "POST"),
            (f"{here}/withdraw", "hand_over_withdraw", self.withdraw, "POST"),
            (f"{here}/accept", "hand_over_accept", self.accept, "POST"),
            (f"{one}/promise", "promise", self.promise, "POST"),
            (f"{one}/promise-kept", "promise_kept", self.keep, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def shift(self, organisation: str) -> ResponseReturnValue:
        """The page."""
        return self._page(organisation, self._audience(organisation))

    def hand_over(self, organisation: str) -> ResponseReturnValue:
        """Offers what this person has to the next."""
        to, note = request.form.get("to", ""), request.form.get("note", "")
        return self._do(
            organisation,
            lambda audience: shifts.hand_over(self._service, g.person, organisation, audience, to, note),
            note=note,
        )

    def withdraw(self, organisation: str) -> ResponseReturnValue:
        """Takes the offer back."""
        token = request.form.get("token", "")
        return self._do(
            organisation, lambda audience: shifts.withdraw(self._service, g.person, organisation, audience, token)
        )

    def accept(self, organisation: str) -> ResponseReturnValue:
        """Takes a hand-over."""
        token = request.form.get("token", "")
        return self._do(
            organisation, lambda audience: shifts.accept(self._service, g.person, organisation, audience, token)
        )

    def promise(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Notes a promise."""
        form = request.form
        minutes = int(given) if (given := form.get("minutes", "")).isdecimal() and len(given) < 6 else 0
        return self._on_report(
            organisation,
            report_id,
            lambda: promises.promise(
                self._service, g.person, organisation, report_id, form.get("promised", ""), minutes,
                key=form.get("key", ""),
            ),
        )  # fmt: skip

    def keep(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Marks a promise as kept; back to the page where it was."""
        token = request.form.get("token", "")
        answer = self._on_report(
            organisation, report_id, lambda: promises.keep(self._service, g.person, organisation, report_id, token)
        )
        from_shift = request.form.get("from") == "shift"
        return answer if not from_shift or isinstance(answer, tuple) else redirect(self._here(organisation), 303)

    def _on_report(self, organisation: str, report_id: str, change: Callable[[], None]) -> ResponseReturnValue:
        try:
            change()
        except NotDone as refused:
            return self._show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)

    def _do(self, organisation: str, change: Callable[[str], object], *, note: str = "") -> ResponseReturnValue:
        audience = self._audience(organisation)
        try:
            change(audience)
        except NotDone as refused:
            return self._page(organisation, audience, 409, not_done=refused, note=note)
        return redirect(self._here(organisation), 303)

    def _page(
        self, organisation: str, audience: str, status: int = 200, *, not_done: NotDone | None = None, note: str = ""
    ) -> ResponseReturnValue:
        found = shifts.shift(self._service, g.person, organisation, audience)
        known = self._service.directory.get(organisation)
        return page(
            "shift.html", status, shift=found, organisation=organisation, audience=audience, not_done=not_done,
            note=note, people=self._presence.people((organisation, audience)),
            timezone=known.timezone if known is not None else "Europe/London",
        )  # fmt: skip

    def _audience(self, organisation: str) -> str:
        return desk.audience_of(g.person, organisation, "confidential" if _team() else None)

    def _here(self, organisation: str) -> str:
        return f"/{organisation}/shift{'?team=confidential' if _team() else ''}"


def beside(service: Service, presence: Presence, found: dict[str, Any]) -> dict[str, Any]:
    """What the page of a report shows of the shift, once its own look is written.

    Args:
        service: the shared parts.
        presence: who is at the desk.
        found: the page's other values.
    """
    item = found["item"]
    at = (item.organisation, item.audience)
    presence.read(g.person.person_id, g.person.shown, at, item.report_id)
    came = found["texts"][item.report_id]
    began = request.form.get("began", "")
    return {
        "promises": promises.of_report(service, item),
        "promise_minutes": promises.MINUTES,
        "present": presences.sentence(presence.at_report(at, item.report_id, g.person.person_id)),
        "began": came,
        "came": max(0, came - int(began)) if began.isdecimal() and len(began) < 9 else 0,
    }


def _team() -> bool:
    return "confidential" in (request.args.get("team"), request.form.get("team"))
