"""Exercises: started and stopped by a supervisor, with their scores."""

from __future__ import annotations

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk.pages import page
from handlers import exercises
from handlers.handling import OUTCOMES, NotDone
from handlers.service import Service, milliseconds


class Exercises:
    """These routes.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        here = "/<organisation>/exercises"
        for path, endpoint, view, method in (
            (here, "exercises", self.listed, "GET"),
            (f"{here}/start", "exercise_start", self.start, "POST"),
            (f"{here}/stop", "exercise_stop", self.stop, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def listed(self, organisation: str) -> ResponseReturnValue:
        """The page."""
        return self._page(organisation)

    def start(self, organisation: str) -> ResponseReturnValue:
        """Starts one."""
        try:
            exercises.start(self._service, g.person, organisation, request.form.get("script", ""))
        except NotDone as refused:
            return self._page(organisation, 409, not_done=refused)
        return redirect(f"/{organisation}/exercises", 303)

    def stop(self, organisation: str) -> ResponseReturnValue:
        """Stops one."""
        exercises.stop(self._service, g.person, organisation, request.form.get("exercise", ""))
        return redirect(f"/{organisation}/exercises", 303)

    def _page(self, organisation: str, status: int = 200, *, not_done: NotDone | None = None) -> ResponseReturnValue:
        known = self._service.directory.get(organisation)
        return page(
            "exercises.html", status, exercises=exercises.listed(self._service, g.person, organisation),
            scripts=exercises.scripts().values(), outcomes=OUTCOMES, organisation=organisation, not_done=not_done,
            timezone=known.timezone if known is not None else "Europe/London",
            now=milliseconds(self._service.clock.now()),
        )  # fmt: skip
