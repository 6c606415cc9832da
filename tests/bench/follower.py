"""The bare outbox follower: reads new rows every 5 ms, posts each to the sink, marks them done in batches."""

from __future__ import annotations

import argparse
import socket
import threading
import time

from tests.bench.durable import file_queue
from tests.bench.durable_rows import connect
from tests.bench.load import complete

_BATCH = 32
_PAUSE = 0.005


class Poster:
    """One keep-alive connection to the sink."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body: bytes) -> None:
        """Posts and waits for a 2xx. Raises OSError otherwise."""
        head = f"POST /reports HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        answer = b""
        while complete(answer) is None:
            chunk = self._socket.recv(4096)
            if not chunk:
                raise ConnectionError("closed by the sink")
            answer += chunk
        if answer[9:10] != b"2":
            raise ConnectionError("refused by the sink")


def follow(database: str, port: int) -> None:
    """For ever, its position kept in memory."""
    connection, poster, queue = connect(database), Poster(port), file_queue(database + ".lock")
    position, pause = 0, threading.Event()
    while True:
        rows = connection.execute(
            "SELECT o.id, r.document FROM outbox o "
            "JOIN revisions r ON r.report_id = o.report_id AND r.revision = o.revision "
            "WHERE o.id > ? AND o.state = 'due' ORDER BY o.id LIMIT ?",
            (position, _BATCH),
        ).fetchall()
        for outbox_id, document in rows:
            poster.post(document)
            position = outbox_id
        if not rows:
            pause.wait(_PAUSE)
            continue
        with queue():
            connection.execute("BEGIN IMMEDIATE")
            done = [(int(time.time() * 1000), row[0]) for row in rows]
            connection.executemany("UPDATE outbox SET state = 'delivered', delivered_at = ? WHERE id = ?", done)
            connection.execute("COMMIT")


def main() -> None:
    """`python -m tests.bench.follower --db FILE --port SINK`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", required=True)
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    follow(args.db, args.port)


if __name__ == "__main__":
    main()
