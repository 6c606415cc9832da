"""The search page and a person's saved views. What is looked for travels in the body of a form, never in an address."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk.pages import page
from handlers import desk, searching
from handlers.handling import NotDone
from handlers.searching import Filter, Found
from handlers.service import Service, milliseconds


class Search:
    """These routes.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        for path, endpoint, view, method in (
            ("/<organisation>/search", "search_page", self.form, "GET"),
            ("/<organisation>/search", "search", self.search, "POST"),
            ("/<organisation>/views", "view_save", self.save, "POST"),
            ("/<organisation>/views/drop", "view_drop", self.drop, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def form(self, organisation: str) -> ResponseReturnValue:
        """The form and the saved views, with nothing looked for yet."""
        return self._page(organisation, Filter(), None, request.args)

    def search(self, organisation: str) -> ResponseReturnValue:
        """What fits; `view` names a saved filter."""
        token = request.form.get("view", "")
        kept = [one.filter for one in searching.views(self._service, g.person, organisation) if one.token == token]
        wanted = kept[0] if kept else searching.filter_of(request.form)
        audience = self._audience(organisation, request.form)
        found, more = searching.search(self._service, g.person, organisation, audience, wanted)
        return self._page(organisation, wanted, found, request.form, more=more)

    def save(self, organisation: str) -> ResponseReturnValue:
        """Keeps the filter under a name."""
        wanted = searching.filter_of(request.form)
        try:
            searching.save(self._service, g.person, organisation, request.form.get("name", ""), wanted)
        except NotDone as refused:
            return self._page(organisation, wanted, None, request.form, status=409, not_done=refused)
        return self._back(organisation)

    def drop(self, organisation: str) -> ResponseReturnValue:
        """Deletes a saved filter."""
        searching.drop(self._service, g.person, organisation, request.form.get("view", ""))
        return self._back(organisation)

    def _back(self, organisation: str) -> ResponseReturnValue:
        team = "?team=confidential" if request.form.get("team") == "confidential" else ""
        return redirect(f"/{organisation}/search{team}", 303)

    def _page(
        self, organisation: str, wanted: Filter, found: list[Found] | None, given: Mapping[str, str], *,
        status: int = 200, more: bool = False, not_done: NotDone | None = None,
    ) -> ResponseReturnValue:  # fmt: skip
        audience = self._audience(organisation, given)
        return page(
            "search.html", status, organisation=organisation, wanted=wanted, found=found, more=more,
            views=searching.views(self._service, g.person, organisation), not_done=not_done,
            states=searching.STATES, urgencies=searching.URGENCIES, confidential=audience == "confidential",
            now=milliseconds(self._service.clock.now()), days=searching.CLOSED_DAYS,
        )  # fmt: skip

    def _audience(self, organisation: str, given: Mapping[str, str]) -> str:
        role = "confidential" if given.get("team") == "confidential" else None
        return desk.audience_of(g.person, organisation, role)
