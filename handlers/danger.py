"""Whether a text that takes no turn has words of danger in it: that must not wait."""

from __future__ import annotations

from conversations.reading import Context
from conversations.replies import read_first
from handlers.ports import Organisation
from handlers.service import Front


def in_danger(service: Front, organisation: Organisation, body: str) -> bool:
    """Whether a text, read as a first one, has words of danger."""
    if read_first(service.flows.current(organisation.flow), body).keyword == "danger":
        return True
    return service.reader is not None and bool(service.reader(body, Context(area=organisation.area)).danger)
