"""The stand-in's REST API on a real socket: create, list, fetch and delete messages, their media; Basic auth."""

from __future__ import annotations

import base64
import json
import queue
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

from gateway.standin.account import ACCOUNT, Account
from gateway.standin.callbacks import Callbacks, Fate
from gateway.standin.messages import Message, Messages
from gateway.standin.script import Drop, Hang, Refuse, Say, Step

_PATH: Final = re.compile(
    r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})/Messages"
    r"(?:/(?P<sid>(?:SM|MM)[0-9a-f]{32})(?:/(?P<media>Media)(?:/(?P<file>ME[0-9a-f]{32}))?)?)?(?P<json>\.json)?"
)
Answer = tuple[int, dict[str, object] | None]


class Carrier:
    """Serves one account while its `with` block lasts.

    `messages` is what it took, `requests` the number of REST requests, `url` its address.

    Args:
        account: its id and secrets.
        port: any free one where 0.
        settle: seconds for which a message cannot be deleted yet (20009).
        fate: what becomes of the texts that it sends; without one no news of them is told.
        seed: of the chance.
    """

    def __init__(
        self,
        account: Account = ACCOUNT,
        port: int = 0,
        settle: float = 0.0,
        fate: Fate | None = None,
        seed: int = 1,
    ) -> None:
        self.account = account
        self.settle = settle
        self.messages = Messages()
        self.callbacks = None if fate is None else Callbacks(account, fate, seed, self.messages.note)
        self.requests = 0
        self.closing = threading.Event()
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
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

    def answered(self, text: Message, answer: bytes | None) -> None:
        """Takes what a text was answered with; tells what becomes of it where its TwiML asks for it."""
        if answer is None or self.callbacks is None:
            return
        said = ElementTree.fromstring(answer).find("Message")  # noqa: S314 - the gateway's own, on this machine
        if said is None or not said.get("action"):
            return
        more = {"direction": "outbound-reply", "status_callback": said.get("action")}
        self.callbacks.tell(self.messages.add(self.account.sid, text.recipient, text.sender, said.text or "", **more))

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

    def __init__(self, carrier: Carrier, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.carrier = carrier


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        form = self._form()
        if (found := self._allowed()) and not found["sid"]:
            self._perform(lambda: self._create(form), f"{form.get('To')}: {form.get('Body')}")

    def do_GET(self) -> None:
        if not (found := self._allowed()):
            return
        if found["file"] and not found["json"]:
            self._file(found["sid"], found["file"])
            return
        act = self._list if not found["sid"] else lambda: self._one(found["sid"], media=bool(found["media"]))
        self._perform(act, self.path)

    def do_DELETE(self) -> None:
        if (found := self._allowed()) and found["sid"]:
            self._perform(lambda: self._delete(found["sid"]), self.path)

    def log_message(self, *_: Any) -> None:
        """Says nothing: a test's output is for its own words."""

    def _perform(self, act: Callable[[], Answer], quoted: str) -> None:
        step = self.server.carrier.take_step()
        if step is None:
            self._answer(*act())
            return
        if isinstance(step, Refuse):
            self._answer(*_refusal(step.status, step.code, quoted))
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

    def _create(self, form: dict[str, str]) -> Answer:
        carrier = self.server.carrier
        if carrier.messages.is_blocked(form["From"], form["To"]):
            return _refusal(400, 21610, form["To"])
        callback = form.get("StatusCallback", "")
        message = carrier.messages.add(
            carrier.account.sid, form["From"], form["To"], form["Body"], status_callback=callback
        )
        if carrier.callbacks is not None:
            carrier.callbacks.tell(message)
        return 201, message.document()

    def _list(self) -> Answer:
        parts = urlsplit(self.path)
        wanted = {name: values[0] for name, values in parse_qs(parts.query).items()}
        size, page = int(wanted.get("PageSize", "50")), int(wanted.get("Page", "0"))
        since = _seconds(wanted.get("DateSent>"), 0.0)
        until = _seconds(wanted.get("DateSent<"), float("inf"))
        found = self.server.carrier.messages.find(wanted.get("To"), wanted.get("From"), since, until)
        shown = found[page * size : (page + 1) * size]
        more = (page + 1) * size < len(found)
        following = f"{parts.path}?{urlencode({**wanted, 'Page': page + 1})}" if more else None
        return 200, {
            "messages": [message.document() for message in shown],
            "page": page,
            "page_size": size,
            "next_page_uri": following,
        }

    def _one(self, sid: str, *, media: bool) -> Answer:
        message = self.server.carrier.messages.get(sid)
        if message is None:
            return _refusal(404, 20404, self.path)
        if not media:
            return 200, message.document()
        return 200, {"media_list": message.media_documents(), "page": 0, "page_size": 50, "next_page_uri": None}

    def _delete(self, sid: str) -> Answer:
        carrier = self.server.carrier
        message = carrier.messages.get(sid)
        if message is not None and _is_early(message, carrier.settle):
            return _refusal(409, 20009, self.path)
        return (204, None) if carrier.messages.delete(sid) else _refusal(404, 20404, self.path)

    def _file(self, sid: str, file: str) -> None:
        message = self.server.carrier.messages.get(sid)
        for each in message.media if message else ():
            if each.sid == file:
                self._send(200, each.content, each.content_type)
                return
        self._answer(*_refusal(404, 20404, self.path))

    def _allowed(self) -> dict[str, str] | None:
        """The parts of the path, once the key is right and the account is there."""
        account = self.server.carrier.account
        expected = base64.b64encode(f"{account.api_key}:{account.api_secret}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self._answer(*_refusal(401, 20003, "Authenticate"))
            return None
        found = _PATH.fullmatch(urlsplit(self.path).path)
        if found is None or found["account"] != account.sid:
            self._answer(*_refusal(404, 20404, self.path))
            return None
        return found.groupdict(default="")

    def _form(self) -> dict[str, str]:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}

    def _answer(self, status: int, document: dict[str, object] | None) -> None:
        self._send(status, b"" if document is None else json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


def _refusal(status: int, code: int, quoted: str) -> Answer:
    return status, {"code": code, "message": f"Refused {quoted}", "more_info": "", "status": status}


def _is_early(message: Message, settle: float) -> bool:
    return time.time() - message.created < settle


def _seconds(text: str | None, otherwise: float) -> float:
    """Unix seconds of a time as the carrier's library writes it, or of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else otherwise
