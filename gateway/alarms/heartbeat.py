"""The dead man's check: an address elsewhere that is called while alarms work, and alarms when the calls stop."""

from __future__ import annotations

from typing import Final

import urllib3

_TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=5.0)


class Heartbeat:
    """Calls one address, such as a check of healthchecks.io.

    Args:
        url: of the check; it holds a secret. Empty: nobody is called.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(maxsize=1, timeout=_TIMEOUT, retries=False)

    def __bool__(self) -> bool:
        return bool(self._url)

    def beat(self) -> str | None:
        """Calls once; the cause where it was not answered 2xx. A redirect is not followed."""
        try:
            answer = self._pool.request("GET", self._url, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
        return None if 200 <= answer.status < 300 else f"http {answer.status}"
