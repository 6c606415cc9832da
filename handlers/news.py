"""What a reporter has written since somebody began to write to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import desk
from handlers.handling import NotDone
from handlers.service import Service
from handlers.sign_in import SignedIn


def said(document: Mapping[str, Any]) -> int:
    """How many texts of the reporter a report's newest document holds."""
    return len(document.get("account") or [])


def check(service: Service, person: SignedIn, organisation: str, report_id: str, began: int) -> None:
    """Whether nothing came since a form was made that showed `began` texts; it shows nothing itself.

    Raises NotDone (`news`), NotThere, StoreError.
    """
    with service.database.read() as tx:
        item = desk.find(tx, person, organisation, report_id)
        lines = desk.opened_lines(service, tx, [item])
    if lines and said(lines[0].document) > began:
        raise NotDone("news")
