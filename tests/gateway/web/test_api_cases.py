"""Whatever the published description allows, and much that it does not: Schemathesis over the API (P4).

Short here; `make api` runs 10,000 cases, half of them by the rules (`API_CASES` of each half).
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from standardwebhooks import Webhook

from handlers.records.database import Database
from tests.gateway.web.test_api import SENDERS, ControlRooms
from tests.prepared import prepare

CASES = int(os.environ.get("API_CASES", "60"))
SIGN_THIS = "v1,signed-on-the-way"


class SigningProxy:
    """Signs as a control room would where it is asked to, and names a known report in three of four bodies."""

    def __init__(self, rooms: ControlRooms) -> None:
        self.app = rooms.client.application.wsgi_app
        self.report = rooms.report
        self.answered: dict[int, int] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = environ.get("HTTP_WEBHOOK_SIGNATURE") == SIGN_THIS
        if asked and re.fullmatch("[0-9]{1,11}", environ.get("HTTP_WEBHOOK_TIMESTAMP", "")):
            self._sign(environ)

        def start(status: str, *more: Any) -> Any:
            self.answered[int(status[:3])] = self.answered.get(int(status[:3]), 0) + 1
            return start_response(status, *more)

        return self.app(environ, start)

    def _sign(self, environ: dict[str, Any]) -> None:
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        now = datetime.fromtimestamp(int(time.time()), UTC)
        environ["HTTP_WEBHOOK_TIMESTAMP"] = str(int(now.timestamp()))
        text = body.decode(errors="replace")
        environ["HTTP_WEBHOOK_SIGNATURE"] = Webhook(SENDERS["room"][0]).sign(
            environ.get("HTTP_WEBHOOK_ID", ""), now, text
        )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningProxy]:
    folder: Path = tmp_path_factory.mktemp("api")
    database = Database(f"sqlite:///{folder / 'quietline.sqlite3'}")
    prepare(database)
    yield SigningProxy(ControlRooms(database))
    database.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_case_is_answered_as_described_p4(proxy: SigningProxy, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", proxy)
    operation = schema["/api/v1/acknowledgements"]["POST"]

    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.integers(0, 9))
    def every_case(case: Case, chance: int) -> None:
        by_the_rules = mode is GenerationMode.POSITIVE and isinstance(case.body, dict)
        if by_the_rules and chance > 3:
            case.body["report"] = proxy.report
        case.call_and_validate(headers={"webhook-signature": SIGN_THIS if chance else "v1,AAAA"})

    every_case()
    if mode is GenerationMode.POSITIVE:
        assert {200, 403, 404} <= {*proxy.answered}, proxy.answered
