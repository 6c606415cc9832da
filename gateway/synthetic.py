"""The synthetic reporter's rounds: one text to each twin, by the public address, signed like any carrier's."""

from __future__ import annotations

import itertools
import json
import logging
import secrets
import threading
from typing import Final

import urllib3

from gateway.channels.simulator import sign
from gateway.channels.synthetic import NAME, secrets_of
from handlers import synthetic
from handlers.ports import Organisation
from handlers.records.database import StoreError
from handlers.service import Service

INBOUND: Final = f"/{NAME}/inbound"
FIRST_SECONDS: Final = 20.0
_TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=5.0)
# Place, train and account at once: in any flow something of it goes forward.
_TEXT: Final = (
    "Synthetic test {}: somebody stared at me, 18:05 London Victoria to Brighton, coach 2, before Clapham Junction"
)

log = logging.getLogger("quietline.synthetic")


class SyntheticReporter:
    """Texts every twin once each period.

    Args:
        service: the shared parts, with the twins among its organisations.
        url: the gateway's own public address.
        period: seconds between two rounds.
    """

    def __init__(self, service: Service, url: str, period: float) -> None:
        self._service = service
        self._url = url
        self._period = period
        self._pool = urllib3.PoolManager(maxsize=1, timeout=_TIMEOUT, retries=False)
        # After a restart not from a number whose conversation is still open.
        self._senders = itertools.count(secrets.randbelow(1000))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="synthetic", daemon=True)

    def start(self) -> None:
        """Begins its rounds. Raises StoreError."""
        synthetic.begin(self._service.database, synthetic.of(self._service.directory), self._service.clock.now())
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Ends them."""
        self._stopping.set()
        self._thread.join(seconds)

    def round(self) -> dict[str, str | None]:
        """One text to each twin: by the twin's id what went wrong, None where it was answered as it should be."""
        return {twin.id: self._text(twin) for twin in synthetic.of(self._service.directory)}

    def _run(self) -> None:
        pause = min(self._period, FIRST_SECONDS)  # the web processes may start with us
        while not self._stopping.wait(pause):
            pause = self._period
            for twin, cause in self.round().items():
                if cause is not None:
                    log.error("the synthetic reporter did not get through to %s (%s)", twin, cause)
            self._tidy()
        self._service.database.close()

    def _text(self, twin: Organisation) -> str | None:
        """Sends a text from a number of its own. Ofcom keeps 07700 900000 to 900999 free for drama."""
        number = next(self._senders) % 1000
        fields = {
            "id": secrets.token_hex(16),
            "from": f"{NAME}:+447700900{number:03d}",
            "to": twin.addresses[0],
            "text": _TEXT.format(secrets.token_hex(2)),
        }
        body = json.dumps(fields).encode()
        headers = sign(secrets_of(self._service.ring)[0], INBOUND, body, self._service.clock.now())
        headers["Content-Type"] = "application/json"
        try:
            answer = self._pool.request("POST", self._url + INBOUND, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
        return None if answer.status == 200 else f"http {answer.status}"

    def _tidy(self) -> None:
        try:
            synthetic.tidy(self._service.database, self._service.clock.now())
        except StoreError as error:
            log.error("what the synthetic reporter made stays for now (%s)", error)
