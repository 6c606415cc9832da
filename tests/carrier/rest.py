"""The stand-in's REST API on a real socket: create and list messages, with Basic authentication."""

from __future__ import annotations

import base64
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.carrier.account import ACCOUNT, Account
from tests.carrier.messages import Messages
from tests.carrier.script import Drop, Hang, Refuse, Say, Step


class Carrier:
    """Serves one account while its `with` block lasts.

    `messages` is what it took, `requests` the number of REST requests, `url` its address.
    """

    def __init__(self, account: Account = ACCOUNT) -> None:
        self.account = account
        self.messages = Messages()
        self.requests = 0
        self.closing = threading.Event()
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next(self, *steps: Step) -> None:
        """Tells what to do with the next requests, one step each; afterwards all is well again."""
        for step in steps:
            self._steps.put(step)

    def take_step(self) -> Step | None:
        """The step for the request that is being answered."""
        self.requests += 1
        try:
            return self._steps.get_nowait()
        except queue.Empty:
            return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.carrier = carrier


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        form = self._form()
        if self._authorised() and self._exists():
            self._perform(lambda: self._create(form), f"{form.get('To')}: {form.get('Body')}")

    def do_GET(self) -> None:
        if self._authorised() and self._exists():
            self._perform(self._list, self.path)

    def log_message(self, *_: Any) -> None:
        """Says nothing: a test's output is for its own words."""

    def _perform(self, act: Any, quoted: str) -> None:
        step = self.server.carrier.take_step()
        if step is None:
            self._answer(*act())
            return
        if isinstance(step, Refuse):
            self._refuse(step.status, step.code, quoted)
            return
        if step.takes:
            act()
        if isinstance(step, Say):
            self._send(step.status, step.body, step.content_type, step.location)
            return
        if isinstance(step, Hang):
            self.server.carrier.closing.wait()
        assert isinstance(step, Hang | Drop)
        self.close_connection = True

    def _create(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        carrier = self.server.carrier
        callback = form.get("StatusCallback", "")
        message = carrier.messages.add(
            carrier.account.sid, form["From"], form["To"], form["Body"], status_callback=callback
        )
        return 201, message.document()

    def _list(self) -> tuple[int, dict[str, object]]:
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        size = int(wanted.get("PageSize", "50"))
        found = self.server.carrier.messages.find(wanted.get("To"), wanted.get("From"))
        documents = [message.document() for message in found[:size]]
        return 200, {"messages": documents, "page": 0, "page_size": size, "next_page_uri": None}

    def _authorised(self) -> bool:
        account = self.server.carrier.account
        expected = base64.b64encode(f"{account.api_key}:{account.api_secret}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {expected}":
            return True
        self._refuse(401, 20003, "Authenticate")
        return False

    def _exists(self) -> bool:
        if urlsplit(self.path).path == f"/2010-04-01/Accounts/{self.server.carrier.account.sid}/Messages.json":
            return True
        self._refuse(404, 20404, self.path)
        return False

    def _form(self) -> dict[str, str]:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}

    def _refuse(self, status: int, code: int, quoted: str) -> None:
        self._answer(status, {"code": code, "message": f"Refused {quoted}", "more_info": "", "status": status})

    def _answer(self, status: int, document: dict[str, object]) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)
