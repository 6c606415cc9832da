"""Where somebody works: one place, or a choice of several with what waits at each; no content."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, jsonify, redirect
from flask.typing import ResponseReturnValue

from gateway.desk import words
from gateway.desk.pages import page
from handlers import desk
from handlers.service import Service, milliseconds


class Everywhere:
    """These routes.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        app.add_url_rule("/", "home", self.home, methods=["GET"], provide_automatic_options=False)
        app.add_url_rule(
            "/waiting", "waiting_everywhere", self.waiting, methods=["GET"], provide_automatic_options=False
        )

    def home(self) -> ResponseReturnValue:
        """The one place where this person works, or a list of them."""
        places = [
            (organisation, name_of(self._service, organisation), page_at(organisation))
            for organisation in g.person.organisations
            if g.person.has(organisation, *desk.HANDLERS, "auditor")
        ]
        if len(places) == 1:
            return redirect(f"/{places[0][0]}/{places[0][2]}", 303)
        return page("home.html", places=places, waits=self._waits() if places else {})

    def waiting(self) -> ResponseReturnValue:
        """What waits at each desk of this person: how urgent and since when."""
        found = [
            {"events": events(*at), "waiting": desk.waiting(self._service, g.person, *at)}
            for at in desk.desks(g.person)
        ]
        return jsonify(now=milliseconds(self._service.clock.now()), desks=found)

    def _waits(self) -> dict[str, list[dict[str, Any]]]:
        """By organisation, what waits at each of its desks, in words."""
        now, found = milliseconds(self._service.clock.now()), dict[str, list[dict[str, Any]]]()
        for organisation, audience in desk.desks(g.person):
            waiting = desk.waiting(self._service, g.person, organisation, audience)
            said = f"{len(waiting)} unanswered, {words.wait(min(at for _, at in waiting), now)}" if waiting else ""
            found.setdefault(organisation, []).append(
                {"desk": events(organisation, audience), "apart": audience == "confidential",
                 "said": said or "Nobody is waiting"}
            )  # fmt: skip
        return found


def page_at(organisation: str) -> str:
    """What somebody sees first there: the queue, or who saw what."""
    return "queue" if g.person.has(organisation, *desk.HANDLERS) else "audit"


def events(organisation: str, audience: str) -> str:
    """The address of a desk's live stream, by which its pages name it."""
    return f"/{organisation}/events" + ("?team=confidential" if audience == "confidential" else "")


def name_of(service: Service, organisation: str) -> str:
    """What people call it."""
    found = service.directory.get(organisation)
    return found.name if found is not None else organisation
