"""Whether somebody is told when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.config import Config
from gateway.doctor.advice import Advice, must, should


def check(config: Config) -> Iterator[Advice]:
    """The ways out for alarms: whether there are any, and whether each can be read."""
    if not config.production:
        return
    if not config.alarm_urls:
        yield should("QUIETLINE_ALARM_URLS is not set: nobody is told when reports do not arrive.")
    if not config.alarm_heartbeat_url:
        yield should("QUIETLINE_ALARM_HEARTBEAT_URL is not set: nobody notices when alarms themselves stop.")
    for setting, addresses in (
        ("QUIETLINE_ALARM_URLS", config.alarm_urls),
        ("QUIETLINE_ALARM_CONFIDENTIAL_URLS", config.alarm_confidential_urls),
    ):
        yield from _readable(setting, addresses)


def _readable(setting: str, addresses: tuple[str, ...]) -> Iterator[Advice]:
    if not addresses:
        return
    from gateway.alarms.routes import Routes

    for number in Routes(addresses, "desk").unreadable:
        yield must(f"{setting}: address {number} is none that Apprise can read.")
