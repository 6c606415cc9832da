"""Stands in for the gateway's processes, so that what starts, serves and ends them is tested by itself.

python -m tests.gateway.standin serve PORT [SERVE'S OPTIONS AS JSON]
python -m tests.gateway.standin up PLAN'S FIELDS AS JSON
python -m tests.gateway.standin web | idle        what the Procfile of `up`'s tests names
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway import lifeline, up

CANARY_ERROR = "+447700900123 wrote this"


def create() -> Any:
    """A web application."""
    from flask import Flask, Response, abort, jsonify, request

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.get("/healthy")
    def healthy() -> Response:
        return jsonify(summary="Up.")

    @app.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(), content_type="text/plain")

    @app.get("/pid")
    def pid() -> str:
        return str(os.getpid())

    @app.get("/slow")
    def slow() -> str:
        Path(os.environ["STANDIN_FOLDER"], "slow").touch()
        threading.Event().wait(0.7)
        return "done"

    @app.get("/surroundings")
    def surroundings() -> Response:
        return jsonify(scheme=request.scheme, script=request.script_root, path=request.path)

    @app.get("/raises")
    def raises() -> str:
        abort(Response(_breaks_off(), content_type="text/plain"))

    return app


def with_texts() -> Any:
    """The same with texts at /texts/inbound, answered with how many were answered at once and in which thread.

    The text `wait` is answered once there is a file `go`, and `break` breaks it.
    """
    from flask import Response, request

    from handlers.ports import RawRequest, RawResponse

    app, folder = create(), Path(os.environ["STANDIN_FOLDER"])

    def answer(requests: Sequence[RawRequest]) -> list[RawResponse]:
        bodies = [each.body for each in requests]
        if b"break" in bodies:
            raise RuntimeError(CANARY_ERROR)
        if b"wait" in bodies:
            (folder / "waits").touch()
            pause = threading.Event()
            while not (folder / "go").exists():
                pause.wait(0.005)
        where = f"{len(requests)} in {threading.current_thread().name}".encode()
        return [RawResponse(200, "text/plain", body + b": " + where) for body in bodies]

    @app.post("/texts/inbound")
    def text() -> Response:
        return Response(answer([RawRequest("POST", request.path, {}, request.get_data())])[0].body)

    app.texts = frozenset(("/texts/inbound",)), answer
    return app


def _breaks_off() -> Any:
    yield b"begun"
    raise RuntimeError(CANARY_ERROR)


def idle() -> int:
    """Waits for SIGTERM, as a worker does; notes its surroundings."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    lifeline.follow(int(os.environ["QUIETLINE_SUPERVISOR_PID"]))
    note = Path(os.environ["STANDIN_FOLDER"], f"idle.{os.getpid()}")
    note.write_text(json.dumps({"redis": os.environ.get("REDIS_URL", ""), "path": os.environ["PATH"]}))
    ended.wait()
    note.unlink()
    return 0


def web() -> int:
    """The stand-in application on the server that the product uses."""
    from gateway.server import serve

    lifeline.follow(int(os.environ["QUIETLINE_SUPERVISOR_PID"]))
    return serve("tests.gateway.standin:create()", "127.0.0.1", int(os.environ["PORT"]))


def bring_up(fields: dict[str, Any]) -> int:
    """`gateway.up.run` on a plan."""
    folder = Path(fields.pop("folder"))

    def prepare() -> None:
        with (folder / "prepared").open("a") as notes:
            notes.write("once\n")

    plan = up.Plan(
        procfile=folder / "Procfile",
        environ=os.environ,
        data=folder / "data",
        host="127.0.0.1",
        public_url="https://texts.example.org",
        prepare=prepare,
        **fields,
    )
    try:
        return up.run(plan)
    except up.UpError as error:
        sys.stderr.write(f"{error}\n")
        return up.REFUSED


def main(what: str, *rest: str) -> int:
    """Does what the command line says."""
    if what == "serve":
        from gateway.server import serve

        options = json.loads(rest[1]) if len(rest) > 1 else {}
        application = options.pop("application", "tests.gateway.standin:create()")
        if "pid_file" in options:
            options["pid_file"] = Path(options["pid_file"])
        return serve(application, "127.0.0.1", int(rest[0]), **options)
    if what == "up":
        return bring_up(json.loads(rest[0]))
    return {"idle": idle, "web": web}[what]()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
