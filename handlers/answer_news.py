"""What becomes of answers that went back in the carrier's own request: told later, by the id of the text they answer.

An answer is sent with that request, so that only what says more is written: delivered, read, or not delivered. Of each
answer some news comes; what comes at the same moment is written in one transaction.

Source: https://www.twilio.com/docs/messaging/twiml/message (`action`).
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from msgspec import Struct

from handlers.ports import StatusNote
from handlers.records import desk_items, inbox
from handlers.records.company import Lead, TooLong
from handlers.records.database import StoreBusy, StoreError
from handlers.service import Service

FAILED: Final = frozenset({"failed", "undelivered", "canceled"})
_MORE_THAN_SENT: Final = FAILED | {"delivered", "read"}
MOST_TOGETHER: Final = 16  # carriers' texts wait meanwhile

log = logging.getLogger("quietline.outbound")


class _News(Struct):
    """News of one answer; `report` is that of the text, once it has moved what is known."""

    answers: str
    note: StatusNote
    before: frozenset[str]
    report: str | None = None
    written: bool = False


def take(service: Service, note: StatusNote, before: frozenset[str]) -> bool:
    """Moves what is known of an answer forward, from nothing or from one of `before`; True where it moved.

    Raises StoreError.
    """
    if note.answers is None or note.status not in _MORE_THAN_SENT:
        return False
    news = _News(note.answers, note, before)
    try:
        service.shared.company("answers", most=MOST_TOGETHER).do(news, partial(_write, service))
    except TooLong:
        raise StoreBusy("other news is being written") from None
    if not news.written:
        raise StoreError("the news was not written")
    if news.report is not None and note.status in FAILED:
        log.error("an answer was not delivered (%s)", note.error_code or note.status)
        with service.database.write() as tx:
            desk_items.stir(tx, news.report)
    return news.report is not None


def _write(service: Service, _own: _News, lead: Lead) -> None:
    with service.database.write() as tx:
        # In one order, so that two processes do not wait for each other in a circle.
        together: list[_News] = sorted(lead.board(), key=lambda news: news.answers)
        for news in together:
            news.report = inbox.note_reply(
                tx, channel=news.note.channel, external_id=news.answers, before=news.before, status=news.note.status,
                error_code=news.note.error_code,
            )  # fmt: skip
    for news in together:
        news.written = True
