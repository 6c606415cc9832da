"""The services that texts offer: which a person must ring or open before they go out in production."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.config import Config
from gateway.doctor.advice import Advice, info, should


def check(config: Config, today: date | None = None) -> Iterator[Advice]:
    """Each service that no person has checked in the last 180 days, with what to confirm; in development their number.

    `today` is the machine's date where absent.
    """
    from conversations.support import FRESH_DAYS, shipped

    found = shipped().to_check(today or date.today())
    if found and not config.production:
        yield info(
            f"{len(found)} support services were not checked by a person in the last {FRESH_DAYS} days and go out in "
            "development alone. QUIETLINE_ENV=production quietline doctor says what to check."
        )
        return
    for each in found:
        number = f" ({each.number})" if each.number else ""
        yield should(f"Support service {each.id}{number} does not go out: {each.why}. Confirm {each.confirm}.")
