"""Carriers that never give up: each text is sent until it is acknowledged, a tenth of them once more for nothing.

The network sends some texts twice, under a second id (F2), and brings some out of order (F3); the carrier drops some
without a word, and only its list has them (F20).
"""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from urllib.parse import urlencode
from uuid import uuid4

from conversations.flows import shipped
from tests.bench.crowd import Text, numbers
from tests.bench.posts import Target, fields, signature

REDELIVERED = 0.10
SENT_TWICE = 0.02
SHUFFLED = 0.05
DROPPED = 0.01
GIVE_UP = 90.0
LATER = shipped("starter").safe["en"].encode()
# A copy comes within 4 s of its text (F2): one that would come later is none, and is not sent any more.
QUICK, COPY_GIVES_UP = 0.8, 2.5


@dataclass(slots=True)
class Phone:
    """One reporter: a number, what it texts in order, and the mark by which its words are known again."""

    mark: str
    texts: list[Text]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, by the monotonic clock in seconds; `status` is None where none came."""

    began: float
    ended: float
    status: int | None

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(slots=True)
class Ledger:
    """What the carriers were told.

    `acknowledged` ids, `seconds` from a text's first attempt to its acknowledgement, every attempt, how many were
    redelivered or sent twice by the network, the ids that the carrier `dropped`, the reporters of texts whose turn was
    put off (`later`), how many answers
    `changed`, of them those that became the sentence for that, or had been it, apart (`neutral`).
    """

    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    redelivered: int = 0
    copies: int = 0
    dropped: list[str] = field(default_factory=list)
    later: list[int] = field(default_factory=list)
    changed: int = 0
    neutral: int = 0
    given_up: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def failed_between(self, start: float, end: float) -> int:
        """How many of the requests that began then were not acknowledged."""
        return sum(start <= one.began <= end and one.status != 200 for one in self.attempts)

    def is_calm_since(self, start: float) -> bool:
        """Whether requests were answered since then, and none failed; looks at the newest alone."""
        newest = self.attempts[-200:]
        return bool(newest) and all(one.status == 200 for one in newest if one.ended >= start)


def phones(count: int, seed: int) -> list[Phone]:
    """So many reporters of five texts each, some with two of them in the other order."""
    random = Random(seed)
    return [_phone(index, number, random) for index, number in zip(range(count), numbers(), strict=False)]


def _phone(index: int, number: str, random: Random) -> Phone:
    mark = f"m{index:06d}z"
    bodies = [f"hello {mark}", f"York {mark}", f"18:05 to Brighton {mark}", f"he kept staring {mark}", "1"]
    if random.random() < SHUFFLED:
        first = random.randrange(3)
        bodies[first], bodies[first + 1] = bodies[first + 1], bodies[first]
    return Phone(mark, [Text(index, n, number, f"SM{uuid4().hex}", body) for n, body in enumerate(bodies)])


class Carriers:
    """Threads that share the phones; the texts of one phone go in order.

    Args:
        seconds: over how long the texts are spread.
        keep: told each text that the carrier takes, before it is brought or dropped.
        dropped: share of texts that never come.
    """

    def __init__(
        self,
        target: Target,
        crowd: list[Phone],
        seconds: float,
        seed: int,
        keep: Callable[[Text], None],
        dropped: float = DROPPED,
        threads: int = 12,
    ) -> None:
        self._keep = keep
        self._dropped = dropped
        self.ledger = Ledger()
        self._target = target
        self._queue: queue.SimpleQueue[Phone] = queue.SimpleQueue()
        for phone in crowd:
            self._queue.put(phone)
        texts = sum(len(phone.texts) for phone in crowd)
        self._pause = seconds * threads / texts
        self._threads = [
            threading.Thread(target=self._carry, args=(Random(seed + n),), daemon=True) for n in range(threads)
        ]

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
                self._keep(text)
                if random.random() < self._dropped:
                    self._drop(text)
                    continue
                answer = self._send(text)
                took = time.monotonic() - began
                if answer is not None and random.random() < REDELIVERED:
                    self._again(text, answer)
                elif answer is not None and took < QUICK and random.random() < SENT_TWICE:
                    self._copy(text)
                pause.wait(max(0.0, self._pause * random.uniform(0.5, 1.5) - (time.monotonic() - began)))

    def _drop(self, text: Text) -> None:
        with self.ledger.lock:
            self.ledger.dropped.append(text.sid)
            self.ledger.later.append(text.reporter)

    def _send(self, text: Text, give_up: float = GIVE_UP) -> bytes | None:
        began, pause = time.monotonic(), threading.Event()
        while (left := began + give_up - time.monotonic()) > 0:
            answer = self._post(text, min(15.0, left))
            if answer is not None:
                with self.ledger.lock:
                    self.ledger.acknowledged.append(text.sid)
                    self.ledger.seconds.append(time.monotonic() - began)
                    if LATER in answer:
                        self.ledger.later.append(text.reporter)
                return answer
            pause.wait(0.02)
        return None

    def _again(self, text: Text, answer: bytes) -> None:
        second = self._post(text)
        with self.ledger.lock:
            self.ledger.redelivered += 1
            if second is not None and second != answer:
                self.ledger.neutral += LATER in second + answer
                self.ledger.changed += LATER not in second + answer
                if LATER in second:
                    self.ledger.later.append(text.reporter)

    def _copy(self, text: Text) -> None:
        """The network sends the text once more: the same words, another id."""
        copy = replace(text, sid=f"SM{uuid4().hex}")
        if self._send(copy, COPY_GIVES_UP) is not None:
            self._keep(copy)
            with self.ledger.lock:
                self.ledger.copies += 1

    def _post(self, text: Text, timeout: float = 15.0) -> bytes | None:
        """One try: the answer's body, None where the text was not acknowledged."""
        form = fields(text)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature(self._target.token, self._target.public_url, form),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._target.port, timeout=timeout)
        began, status = time.monotonic(), None
        try:
            connection.request("POST", self._target.path, urlencode(form), headers)
            answer = connection.getresponse()
            body, status = answer.read(), answer.status
            return body if status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
            with self.ledger.lock:
                self.ledger.attempts.append(Attempt(began, time.monotonic(), status))
