"""A word to somebody on call that a report waits for an answer, by the apprise library: it tells nothing of the report.

For contacts of an escalation. Whoever gets it looks where reports are; the reference tells which.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

import orjson

from handlers.ports import Delivery, Retryable, SinkPaused
from handlers.sinks import settings as read

TITLE: Final = "Quietline"
_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """`url`: an address as apprise has it, such as `mailto://...` or `pagerduty://...`. It may hold secrets."""

    url: str = field(repr=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting, never its value."""
        read.refuse_unknown(settings, (known.name for known in fields(cls)))
        return cls(read.required(settings, "url"))


class NoticeSink:
    """Says that a report waits. Newer revisions are no news to it."""

    def __init__(self, sink_id: str, settings: NoticeSettings) -> None:
        self._id = sink_id
        self._settings = settings

    @property
    def id(self) -> str:
        return self._id

    def wants(self, kind: str) -> bool:
        """None by itself: an escalation hands it what it is to say."""
        return False

    def deliver(self, delivery: Delivery) -> None:
        """Returns once the service took it. Raises DeliveryError."""
        import apprise

        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines quote addresses
        asset = apprise.AppriseAsset(app_id=TITLE, app_desc=TITLE, app_url="", http_redirects=False)
        service: Any = apprise.Apprise.instantiate(self._settings.url, asset=asset, suppress_exceptions=True)
        if service is None:
            raise SinkPaused("url is not one that apprise knows")
        service.socket_connect_timeout = service.socket_read_timeout = _SECONDS
        kind = apprise.NotifyType.FAILURE if delivery.kind == "alert" else apprise.NotifyType.WARNING
        if not service.notify(title=TITLE, body=words(delivery), notify_type=kind):
            raise Retryable("notice not taken")

    def close(self) -> None:
        """Nothing is held between notices."""


def words(delivery: Delivery) -> str:
    """What is said: the reference, and that nobody has answered."""
    reference = ""
    with suppress(orjson.JSONDecodeError, AttributeError):
        found = orjson.loads(delivery.document).get("reference")
        reference = f" {found}" if isinstance(found, str) and found.isalnum() and len(found) <= 16 else ""
    first = "Urgent: report" if delivery.kind == "alert" else "Report"
    return f"{first}{reference} has not been acknowledged in time. Please look at it."


def build(sink_id: str, settings: Mapping[str, str]) -> NoticeSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    return NoticeSink(sink_id, NoticeSettings.from_settings(settings))
