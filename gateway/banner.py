"""What `quietline up` tells the person at the terminal, once the gateway answers."""

from __future__ import annotations

import http.client
import json
import sys
import time
from pathlib import Path
from typing import Final, TextIO

from msgspec import Struct, field

from gateway.invoked import call

_LOOK_SECONDS: Final = 0.3
_PATIENCE_SECONDS: Final = 20.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - how to reach what listens everywhere

_WORDS: Final = """
  {summary}

    Gateway   {url}
    Text it   {phone}      (in another terminal, in this folder)
    Reports   {reports}
    Data      {data}
    Queue     {queue}
    Stop      Ctrl-C

"""


class Banner(Struct):
    """Printed once, by the first `look` that finds the gateway up, or still down after 20 s.

    Args:
        host: where the gateway listens, with `port`.
        public_url: its address as the carrier knows it.
        data: the data folder.
        queue: where the queue is, in words.
    """

    host: str
    port: int
    public_url: str
    data: Path
    queue: str
    output: TextIO = field(default_factory=lambda: sys.stdout)
    _until: float = field(default_factory=lambda: time.monotonic() + _PATIENCE_SECONDS)
    _printed: bool = False

    def look(self) -> None:
        """Asks /healthy; takes 0.3 s at most."""
        if self._printed:
            return
        status, summary = self._health()
        if status == http.client.OK:
            self._print("Quietline is up.")
        elif time.monotonic() > self._until:
            self._print(f"Quietline runs, but does not work yet. {summary} Try: {call('doctor')}")

    def _health(self) -> tuple[int, str]:
        connection = http.client.HTTPConnection(_ANYWHERE.get(self.host, self.host), self.port, timeout=_LOOK_SECONDS)
        try:
            connection.request("GET", "/healthy")
            response = connection.getresponse()
            return response.status, str(json.loads(response.read())["summary"])
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            return 0, "The gateway does not answer."
        finally:
            connection.close()

    def _print(self, summary: str) -> None:
        self._printed = True
        text = _WORDS.format(
            summary=summary,
            url=self.public_url,
            phone=call("phone", "QUIETLINE_DATA", "PORT"),
            reports=call("reports", "QUIETLINE_DATA"),
            data=self.data,
            queue=self.queue,
        )
        self.output.write(text)
        self.output.flush()
