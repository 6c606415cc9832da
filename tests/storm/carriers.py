"""Carriers that never give up: each text is sent until it is acknowledged, a tenth of them once more for nothing."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode
from uuid import uuid4

from tests.bench.crowd import Text, numbers
from tests.bench.posts import Target, fields, signature

REDELIVERED = 0.10
GIVE_UP = 90.0


@dataclass(slots=True)
class Phone:
    """One reporter: a number, what it texts in order, and the mark by which its words are known again."""

    mark: str
    texts: list[Text]


@dataclass(slots=True)
class Ledger:
    """What the carriers were told: acknowledged ids, seconds to each acknowledgement, answers that changed."""

    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    attempts: int = 0
    redelivered: int = 0
    changed: int = 0
    given_up: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def phones(count: int) -> list[Phone]:
    """So many reporters of five texts each."""
    return [_phone(index, number) for index, number in zip(range(count), numbers(), strict=False)]


def _phone(index: int, number: str) -> Phone:
    mark = f"m{index:06d}z"
    bodies = (f"hello {mark}", f"York {mark}", f"18:05 to Brighton {mark}", f"he kept staring {mark}", "1")
    return Phone(mark, [Text(index, n, number, f"SM{uuid4().hex}", body) for n, body in enumerate(bodies)])


class Carriers:
    """Threads that share the phones; the texts of one phone go in order.

    Args:
        seconds: over how long the texts are spread.
    """

    def __init__(self, target: Target, crowd: list[Phone], seconds: float, seed: int, threads: int = 12) -> None:
        self.ledger = Ledger()
        self._target = target
        self._queue: queue.SimpleQueue[Phone] = queue.SimpleQueue()
        for phone in crowd:
            self._queue.put(phone)
        texts = sum(len(phone.texts) for phone in crowd)
        self._pause = seconds * threads / texts
        self._threads = [threading.Thread(target=self._carry, args=(Random(seed + n),)) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        """Whether texts are still to be sent."""
        return any(thread.is_alive() for thread in self._threads)

    def _carry(self, random: Random) -> None:
        pause = threading.Event()
        while True:
            try:
                phone = self._queue.get_nowait()
            except queue.Empty:
                return
            for text in phone.texts:
                began = time.monotonic()
                answer = self._send(text)
                if answer is not None and random.random() < REDELIVERED:
                    self._again(text, answer)
                pause.wait(max(0.0, self._pause * random.uniform(0.5, 1.5) - (time.monotonic() - began)))

    def _send(self, text: Text) -> bytes | None:
        began, pause = time.monotonic(), threading.Event()
        while time.monotonic() < began + GIVE_UP:
            answer = self._post(text)
            if answer is not None:
                with self.ledger.lock:
                    self.ledger.acknowledged.append(text.sid)
                    self.ledger.seconds.append(time.monotonic() - began)
                return answer
            pause.wait(0.02)
        with self.ledger.lock:
            self.ledger.given_up += 1
        return None

    def _again(self, text: Text, answer: bytes) -> None:
        second = self._post(text)
        with self.ledger.lock:
            self.ledger.redelivered += 1
            if second is not None and second != answer:
                self.ledger.changed += 1

    def _post(self, text: Text) -> bytes | None:
        """One try: the answer's body, None where the text was not acknowledged."""
        form = fields(text)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature(self._target.token, self._target.public_url, form),
        }
        with self.ledger.lock:
            self.ledger.attempts += 1
        connection = http.client.HTTPConnection("127.0.0.1", self._target.port, timeout=15)
        try:
            connection.request("POST", self._target.path, urlencode(form), headers)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
