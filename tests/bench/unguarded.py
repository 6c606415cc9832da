"""The web process without what guards it in a storm: no spool, no counts of floods, no limit of first answers.

For the benchmark alone, to hold the guards' cost against: `gateway.server` serves `create` in place of the product's.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

from gateway import secrets, wsgi
from gateway.server import serve
from handlers import flood, inbound
from handlers.flood import Tally

if TYPE_CHECKING:
    from flask import Flask


class _Straight:
    """The durable turn and nothing around it."""

    def __init__(self, service: Any, doorbell: Any, *_: object, **__: object) -> None:
        self._service, self._doorbell = service, doorbell

    def receive(self, channel: Any, text: Any) -> str | None:
        return inbound.receive(self._service, self._doorbell, channel, text)


class _Uncounted(Tally):
    """Counts nothing."""

    def recent(self, now: float) -> Tally:
        return self

    def with_text(self, now: float) -> Tally:
        return self

    def with_answer(self, now: float) -> Tally:
        return self


def create() -> Flask:
    """The application, unguarded."""
    for owner, name, instead in (
        (wsgi, "Intake", _Straight),
        (flood, "is_answered", lambda *_: True),
        (Tally, "recent", _Uncounted.recent),
        (Tally, "with_text", _Uncounted.with_text),
        (Tally, "with_answer", _Uncounted.with_answer),
    ):
        mock.patch.object(owner, name, instead).start()
    return wsgi.create()


def main() -> int:
    """`python -m tests.bench.unguarded`: serves as `quietline web` does."""
    config = secrets.load(os.environ)
    return serve("tests.bench.unguarded:create()", config.host, config.port, workers=config.workers)


if __name__ == "__main__":
    sys.exit(main())
