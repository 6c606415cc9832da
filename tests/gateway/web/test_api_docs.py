"""What `docs/control-rooms.md` tells holds."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from handlers.acknowledgements import CAUSES, OUTCOMES
from handlers.records.database import Database
from tests.gateway.web.test_api import SENDERS, ControlRooms

TEXT = (Path(__file__).parents[3] / "docs" / "control-rooms.md").read_text(encoding="utf-8")


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@pytest.fixture
def gateway(lite: Database) -> Iterator[tuple[str, ControlRooms]]:
    rooms = ControlRooms(lite)
    server = make_server("127.0.0.1", 0, rooms.client.application, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", rooms
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_the_client_shown_there_works(gateway: tuple[str, ControlRooms], monkeypatch: pytest.MonkeyPatch) -> None:
    address, rooms = gateway
    monkeypatch.setenv("ANSWER_SECRET", SENDERS["room"][0])
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    shown: dict[str, Any] = {}
    exec(compile(code[1], "docs/control-rooms.md", "exec"), shown)  # noqa: S102 - our own documentation

    said = shown["answer"](address, "m-1", report=rooms.report, status="accepted", incident="456 of 21/11/2026")
    assert said == {"report": rooms.report, "status": "accepted"}
    assert rooms.answers() == [("room", "accepted", None, "456 of 21/11/2026")]


def test_the_codes_and_answers_are_those_of_the_code() -> None:
    assert ", ".join(f"`{cause}`" for cause in CAUSES) in TEXT
    assert ", ".join(f"`{outcome}`" for outcome in OUTCOMES) in TEXT
    assert re.findall(r"^\| (\d{3}) \|", TEXT, re.MULTILINE) == ["200", "400", "403", "404", "409", "413", "503"]
