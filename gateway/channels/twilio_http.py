"""The HTTP client that the carrier's library talks through: it logs nothing, follows nothing, repeats nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back, in the shape that the library reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    @property
    def content(self) -> bytes:
        """The text's bytes."""
        return self.text.encode()


class QuietHttp:
    """Stands in for `twilio.http.http_client.TwilioHttpClient`, which logs addresses. Thread-safe."""

    def __init__(self, timeout: float) -> None:
        """`timeout` is in seconds, to connect and between two bytes of an answer."""
        # At DEBUG it would log each address that is asked for, with the number in its query.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Answer:
        """Makes one request, whatever `timeout` and `allow_redirects` say. Raises urllib3.exceptions.HTTPError."""
        sent = dict(headers or {})
        if auth is not None:
            sent |= urllib3.make_headers(basic_auth=":".join(auth))
        answer = self._pool.request(
            method,
            f"{url}?{urlencode(params, doseq=True)}" if params else url,
            body=urlencode(data, doseq=True) if data else None,
            headers=sent,
            redirect=False,
        )
        return Answer(answer.status, answer.data.decode("utf-8", "replace"), answer.headers)
