"""The texts of one report that were set aside as too many (F16): read when somebody asks for them."""

from __future__ import annotations

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from gateway.desk import thread
from gateway.desk.pages import page
from handlers import desk, exchanges
from handlers.service import Service

LAST_PAGE = 10_000


class AsideTexts:
    """This route.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the route."""
        path = "/<organisation>/reports/<report_id>/aside"
        app.add_url_rule(path, "aside", self.aside, methods=["GET"], provide_automatic_options=False)

    def aside(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """A page of them; the look is written before anything is opened (R10)."""
        line = desk.look(self._service, g.person, organisation, report_id, "aside")
        asked = request.args.get("page", "")
        number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
        found = exchanges.aside(self._service, line.item, min(max(1, number), LAST_PAGE))
        turns = [turn for each in found.texts for turn in thread.exchanged(each, line)]
        force = self._service.directory.get(organisation)
        return page(
            "aside.html", organisation=organisation, line=line, item=line.item, turns=turns, found=found,
            now=int(self._service.clock.now() * 1000), timezone=force.timezone if force else "Europe/London",
            team="?team=confidential" if line.item.audience == "confidential" else "",
        )  # fmt: skip
