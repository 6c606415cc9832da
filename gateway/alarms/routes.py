"""The ways out for alarms: whatever Apprise knows (mail, Teams, Slack, PagerDuty, SMS gateways), by its addresses.

Source: https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from handlers.alarms import OVER, Told
from handlers.records.alarms import AlarmRow

if TYPE_CHECKING:
    from apprise import NotifyBase

TITLE: Final = "Quietline"
_SECONDS: Final = 10.0


class Route(Struct, frozen=True):
    """One way: what people call it (`1 slack`), and the service behind it. Its address holds secrets."""

    name: str
    service: NotifyBase

    def __repr__(self) -> str:
        return f"Route({self.name!r})"


class Routes:
    """All ways of one audience.

    Args:
        addresses: as Apprise takes them.
        audience: whose they are; it stands before the names of all but the desk's.
    """

    def __init__(self, addresses: Sequence[str], audience: str) -> None:
        self.audience = audience
        self._routes, self.unreadable = _read(addresses, "" if audience == "desk" else f"{audience} ")

    @property
    def names(self) -> list[str]:
        """What each way is called, those that cannot be read too."""
        return [*(route.name for route in self._routes), *self.unreadable]

    def __bool__(self) -> bool:
        return bool(self.names)

    def tell(self, row: AlarmRow) -> list[Told]:
        """Tells by every way at hand; never raises."""
        return self.say(row.words, over=row.state == OVER)

    def say(self, words: str, *, over: bool = False) -> list[Told]:
        """Says something by every way; never raises."""
        told = [Told(name, "cannot be read") for name in self.unreadable]
        return told + [Told(route.name, _send(route, words, over)) for route in self._routes]


def _read(addresses: Sequence[str], prefix: str) -> tuple[list[Route], list[str]]:
    """The ways, and the names of those that Apprise cannot read."""
    if not addresses:
        return [], []
    from apprise import Apprise, AppriseAsset

    # Its log lines quote addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = AppriseAsset(app_id=TITLE, app_desc=TITLE, app_url="", http_redirects=False, secure_logging=True)
    routes, unreadable = [], []
    for number, address in enumerate(addresses, 1):
        service: Any = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        if service is None:
            unreadable.append(f"{prefix}{number}")
            continue
        service.socket_connect_timeout = service.socket_read_timeout = _SECONDS
        routes.append(Route(f"{prefix}{number} {service.service_name or 'unnamed'}".lower(), service))
    return routes, unreadable


def _send(route: Route, words: str, over: bool) -> str | None:
    """Sends by one way; the cause where it did not go through. What an exception says may hold the address."""
    from apprise import NotifyType

    try:
        kind = NotifyType.SUCCESS if over else NotifyType.FAILURE
        return None if route.service.notify(body=words, title=TITLE, notify_type=kind) else "refused"
    except Exception as error:  # noqa: BLE001 - one way out must not stop the next
        return type(error).__name__
