"""What a reporter has texted since somebody began to write to them."""

from __future__ import annotations

from collections.abc import Iterable

from handlers import desk
from handlers.handling import NotDone
from handlers.records import inbox
from handlers.service import Service
from handlers.sign_in import SignedIn


def said(service: Service, report_ids: Iterable[str]) -> dict[str, int]:
    """How many texts the reporter of each report has sent. Raises StoreError."""
    with service.database.read() as tx:
        return {each: inbox.count_of_report(tx, each) for each in report_ids}


def check(service: Service, person: SignedIn, organisation: str, report_id: str, began: int) -> None:
    """Whether nothing came since a form was made when there were `began` texts; it shows nothing itself.

    Raises NotDone (`news`), NotThere, StoreError.
    """
    with service.database.read() as tx:
        desk.find(tx, person, organisation, report_id)
        if inbox.count_of_report(tx, report_id) > began:
            raise NotDone("news")
