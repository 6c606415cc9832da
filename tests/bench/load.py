"""Two load generators in one thread each: a closed loop that saturates, an open loop that keeps a timetable.

Both only send prepared bytes and look for the end of the answer, about 25 us a request, so that on two cores the
server under test is what is measured. Times are `time.monotonic()` seconds, comparable between processes.
"""

from __future__ import annotations

import gc
import heapq
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.bench.crowd import Text
from tests.bench.posts import Post

LIMIT_SECONDS = 15.0  # the carrier gives up after 15 s


@dataclass(slots=True)
class Answer:
    """One text, answered or given up. `due` is the scheduled instant (closed loop: the send), status 0 is no answer."""

    text: Text
    due: float
    done: float
    status: int
    tries: int = 1

    @property
    def delay(self) -> float:
        """Seconds from the scheduled instant to the answer."""
        return self.done - self.due


@dataclass(slots=True)
class Tally:
    """What a run of the generator saw."""

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered with 200 a second."""
        return sum(1 for answer in self.answers if answer.status == 200) / self.seconds if self.seconds else 0.0

    @property
    def statuses(self) -> Counter[int]:
        """How often each HTTP status came."""
        return Counter(answer.status for answer in self.answers)

    def percentile(self, share: float) -> float:
        """Delay in seconds that `share` (0 to 1) of the texts did not exceed."""
        return percentile([answer.delay for answer in self.answers], share)


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile; nan of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection:
    """One keep-alive connection that has at most one request under way."""

    __slots__ = ("_buffer", "answer", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._buffer = b""
        self.answer: Answer | None = None

    def send(self, wire: bytes) -> None:
        """Sends a whole request: it is far smaller than an empty socket buffer."""
        if self.socket.send(wire) != len(wire):
            raise ConnectionError("short write")

    def receive(self) -> int | None:
        """The status once the answer is complete, None before. Raises OSError where the server hung up."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed by the server")
        self._buffer += chunk
        end = complete(self._buffer)
        if end is None:
            return None
        status = int(self._buffer[9:12])
        self._buffer = self._buffer[end:]
        return status

    def close(self) -> None:
        self.socket.close()


def complete(answer: bytes) -> int | None:
    """Where a whole HTTP/1.1 message ends, None while bytes are missing. Raises ValueError without Content-Length."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return None
    start = answer.lower().find(b"content-length:", 0, head)
    if start < 0:
        raise ValueError("an answer without Content-Length")
    length = int(answer[start + 15 : answer.find(b"\r\n", start)])
    end = head + 4 + length
    return end if len(answer) >= end else None


@contextmanager
def _no_collector() -> Iterator[None]:
    """The garbage collector would pause the generator while it walks the prepared requests."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def closed_loop(connections: list[Connection], reporters: list[list[Post]], seconds: float) -> Tally:
    """Saturates: each connection plays one reporter after another, the next text as soon as the last is answered.

    Ends after `seconds`, or earlier when the reporters are used up. Raises TimeoutError when answers stop coming.
    """
    return _ClosedLoop(connections, reporters).run(seconds)


class _ClosedLoop:
    def __init__(self, connections: list[Connection], reporters: list[list[Post]]) -> None:
        self._reporters = iter(reporters)
        self._playing: dict[int, Iterator[Post]] = {}
        self._by_fd = {connection.socket.fileno(): connection for connection in connections}
        self._tally = Tally()

    def run(self, seconds: float) -> Tally:
        with _no_collector(), select.epoll() as poller:
            began = time.monotonic()
            deadline = began + seconds
            for fd in self._by_fd:
                poller.register(fd, select.EPOLLIN)
            waiting = sum([self._send_next(fd) for fd in self._by_fd])
            while waiting:
                events = poller.poll(LIMIT_SECONDS)
                if not events:
                    raise TimeoutError(f"{waiting} requests without an answer for {LIMIT_SECONDS:.0f} s")
                for fd, _ in events:
                    if (now := self._hear(fd)) is not None:
                        waiting -= 1
                        if now < deadline:
                            waiting += self._send_next(fd)
            self._tally.seconds = time.monotonic() - began
        return self._tally

    def _send_next(self, fd: int) -> bool:
        post = next(self._playing.get(fd, iter(())), None)
        if post is None:
            texts = next(self._reporters, None)
            if texts is None:
                return False
            self._playing[fd] = iter(texts)
            post = next(self._playing[fd])
        connection = self._by_fd[fd]
        connection.answer = Answer(post.text, time.monotonic(), 0.0, 0)
        connection.send(post.wire)
        return True

    def _hear(self, fd: int) -> float | None:
        """When the answer was complete, None while it is not."""
        connection = self._by_fd[fd]
        status = connection.receive()
        if status is None:
            return None
        answer = connection.answer
        assert answer is not None
        answer.done, answer.status = time.monotonic(), status
        self._tally.answers.append(answer)
        return answer.done


def timetable(reporters: list[list[Post]], seconds: float, seed: int = 1) -> list[list[tuple[float, Post]]]:
    """When each text is due, in seconds: every reporter starts at random in the first gap, then texts gap by gap."""
    random = Random(seed)
    gap = seconds / max(len(texts) for texts in reporters)
    return [
        [(offset + gap * index, post) for index, post in enumerate(texts)]
        for offset, texts in ((random.uniform(0, gap), texts) for texts in reporters)
    ]


class OpenLoop:
    """Keeps a timetable whatever the server does; delays count from the scheduled instant, never from the send.

    A reporter waits for the answer to a text before the next one goes (it is then late, and its delay says so). A text
    takes any of the connections that are idle: the last used would bring nearly all of them to one worker.

    Args:
        port: where the server listens.
        wired: connections to begin with; more are opened as they are needed, and all are closed at the end.
        tries: how often a text is sent until it is answered with 200; the carrier's fallback and retries.
        retry_after: seconds between two tries.
        tick: called between events, for what happens beside the load (kills); must be quick.
    """

    def __init__(
        self,
        port: int,
        wired: Iterable[Connection] = (),
        tries: int = 1,
        retry_after: float = 0.25,
        tick: Callable[[], None] | None = None,
    ) -> None:
        self._port, self._tries, self._retry_after, self._tick = port, tries, retry_after, tick
        self._due: list[tuple[float, int, int]] = []
        self._under_way: dict[int, tuple[Connection, int, int]] = {}
        self._idle = list(wired)
        self._dice = Random(1)
        self.tally = Tally()

    def run(self, plan: list[list[tuple[float, Post]]]) -> Tally:
        """Sends the whole plan and waits for the answers, at most 15 s past the last of them without progress."""
        with _no_collector(), select.epoll() as self._poller:
            for connection in self._idle:
                self._poller.register(connection.socket.fileno(), select.EPOLLIN)
            began = time.monotonic() + 0.05
            self._plan = [[(began + due, post) for due, post in texts] for texts in plan]
            self._attempts = [[0] * len(texts) for texts in plan]
            self._due = [(texts[0][0], who, 0) for who, texts in enumerate(self._plan)]
            heapq.heapify(self._due)
            heard = began
            while self._due or self._under_way:
                if self._step():
                    heard = time.monotonic()
                elif self._under_way and time.monotonic() - max(heard, self._last_sent) > LIMIT_SECONDS:
                    self._give_up()
            self.tally.seconds = time.monotonic() - began
        for connection in self._idle:
            connection.close()
        return self.tally

    _last_sent = 0.0

    def _step(self) -> bool:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, who, index = heapq.heappop(self._due)
            self._send(who, index)
        wait = min(self._due[0][0] - time.monotonic(), 0.05) if self._due else 0.05
        # epoll alone rounds its time limit to milliseconds
        select.select([self._poller], [], [], max(wait, 0.0))
        events = self._poller.poll(0)
        for fd, _ in events:
            self._hear(fd)
        if self._tick is not None:
            self._tick()
        return bool(events)

    def _send(self, who: int, index: int) -> None:
        post = self._plan[who][index][1]
        self._attempts[who][index] += 1
        self._last_sent = time.monotonic()
        while True:
            reused = bool(self._idle)
            try:
                connection = self._idle.pop(self._dice.randrange(len(self._idle))) if reused else self._connect()
            except OSError:
                return self._failed(who, index)
            try:
                connection.send(post.wire)
            except OSError:
                self._drop(connection)
                if reused:
                    continue
                return self._failed(who, index)
            self._under_way[connection.socket.fileno()] = (connection, who, index)
            return None

    def _connect(self) -> Connection:
        connection = Connection(self._port)
        self._poller.register(connection.socket.fileno(), select.EPOLLIN)
        return connection

    def _hear(self, fd: int) -> None:
        if fd not in self._under_way:
            return self._lost_idle(fd)
        connection, who, index = self._under_way[fd]
        try:
            status = connection.receive()
        except OSError:
            del self._under_way[fd]
            self._drop(connection)
            return self._failed(who, index)
        if status is None:
            return None
        del self._under_way[fd]
        self._idle.append(connection)
        return self._answered(who, index, status) if status == 200 else self._failed(who, index, status)

    def _answered(self, who: int, index: int, status: int) -> None:
        due, post = self._plan[who][index]
        answer = Answer(post.text, due, time.monotonic(), status, self._attempts[who][index])
        self.tally.answers.append(answer)
        if index + 1 < len(self._plan[who]):
            heapq.heappush(self._due, (self._plan[who][index + 1][0], who, index + 1))

    def _failed(self, who: int, index: int, status: int = 0) -> None:
        if self._attempts[who][index] < self._tries:
            heapq.heappush(self._due, (time.monotonic() + self._retry_after, who, index))
        else:
            self._answered(who, index, status)

    def _lost_idle(self, fd: int) -> None:
        for connection in self._idle:
            if connection.socket.fileno() == fd:
                self._idle.remove(connection)
                self._drop(connection)
                return

    def _drop(self, connection: Connection) -> None:
        with suppress(OSError):
            self._poller.unregister(connection.socket.fileno())
        connection.close()

    def _give_up(self) -> None:
        for fd, (connection, who, index) in list(self._under_way.items()):
            del self._under_way[fd]
            self._drop(connection)
            self._failed(who, index)
