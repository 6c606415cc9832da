"""The supervisor's board."""

from __future__ import annotations

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk.pages import page
from handlers import boards
from handlers.colleagues import LANGUAGES
from handlers.desk import NotThere
from handlers.handling import NotDone
from handlers.service import Service


class Boards:
    """These routes.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        here = "/<organisation>/board"
        for path, endpoint, view, method in (
            (here, "board", self.board, "GET"),
            (f"{here}/review", "review", self.review, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def board(self, organisation: str) -> ResponseReturnValue:
        """The page."""
        return self._page(organisation, self._audience(organisation))

    def review(self, organisation: str) -> ResponseReturnValue:
        """Marks a sample as read again."""
        form, audience = request.form, self._audience(organisation)
        try:
            boards.review(
                self._service, g.person, organisation, audience, form.get("report", ""), form.get("day", ""),
                form.get("remark", ""),
            )  # fmt: skip
        except NotDone as refused:
            return self._page(organisation, audience, 409, not_done=refused)
        team = "?team=confidential" if audience == "confidential" else ""
        return redirect(f"/{organisation}/board{team}", 303)

    def _page(
        self, organisation: str, audience: str, status: int = 200, *, not_done: NotDone | None = None
    ) -> ResponseReturnValue:
        known = self._service.directory.get(organisation)
        return page(
            "board.html", status, board=boards.board(self._service, g.person, organisation, audience),
            organisation=organisation, audience=audience, kinds=boards.BREACHES, languages=LANGUAGES,
            not_done=not_done, timezone=known.timezone if known is not None else "Europe/London",
        )  # fmt: skip

    def _audience(self, organisation: str) -> str:
        """Each team has a board of its own. Raises NotThere."""
        wanted = "confidential" in (request.args.get("team"), request.form.get("team"))
        supervises = g.person.has(organisation, "supervisor")
        if g.person.has(organisation, "confidential") and (wanted or not supervises):
            return "confidential"
        if supervises and not wanted:
            return "desk"
        raise NotThere
