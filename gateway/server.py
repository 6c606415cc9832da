"""Starts the web server: gunicorn with threads. Why gunicorn: docs/decisions.md.

SIGTERM stops it once what is under way has been answered. SIGHUP puts new workers, with the code as it is then on disk,
in the place of the old ones, and no request fails.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import ParseException

from gateway import lifeline, secrets
from gateway.arrival import BODY_BYTES
from gateway.web.headers import HEADERS
from gateway.webworker import WORKER_SIGNALS, QuietLog, QuietWorker
from handlers.records.drivers import load_driver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPLICATION: Final = "gateway.wsgi:create()"
THREADS: Final = 4
GRACEFUL_SECONDS: Final = 20
# Longer than a proxy keeps an idle connection (60 s is usual): whoever hangs up first must not be us, just as it sends.
KEEP_ALIVE_SECONDS: Final = 75
_CONNECTIONS: Final = 1000
_OURS: Final = ("conversations", "gateway", "handlers")


def main(environ: Mapping[str, str]) -> int:
    """Serves the gateway as the environment says until SIGTERM or SIGINT. Raises ConfigError."""
    config = secrets.load(environ)
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    load_driver(config.database_url)  # once, for all workers that will be forked
    return serve(
        APPLICATION,
        config.host,
        config.port,
        workers=config.workers,
        pid_file=config.data / "web.pid",
        fresh=_OURS,
    )


def serve(
    application: str,
    host: str,
    port: int,
    *,
    workers: int = 2,
    threads: int = THREADS,
    pid_file: Path | None = None,
    fresh: Collection[str] = (),
) -> int:
    """Serves a WSGI application until SIGTERM or SIGINT and returns the exit code.

    Args:
        application: `module:name`, or `module:factory()`. The module is imported, and its `preload()` called if it has
            one, before the workers are forked, which share it all then; the factory is called in each of them.
        workers: processes.
        threads: requests that one of them answers at once.
        pid_file: gets the master's number, for `kill -HUP`.
        fresh: packages that workers import anew after a SIGHUP, so that it takes up their new code.
    """
    _raise_descriptor_limit()
    server = _Application(application, _settings(host, port, workers, threads), fresh)
    with _noted(pid_file):
        try:
            server.run()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextmanager
def _noted(pid_file: Path | None) -> Iterator[None]:
    """Keeps this process's number in a file, where there is room for one. Not gunicorn's own: that one refuses to start
    where the number in an old file has come to mean another process, as it does in a container."""
    number = os.getpid()
    if pid_file is not None:
        with suppress(OSError):
            pid_file.write_text(f"{number}\n")
    try:
        yield
    finally:
        if pid_file is not None and os.getpid() == number:  # else a worker
            with suppress(OSError):
                pid_file.unlink()


def _settings(host: str, port: int, workers: int, threads: int) -> dict[str, Any]:
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "backlog": 2048,
        "workers": workers,
        "threads": threads,
        "worker_class": QuietWorker,
        "logger_class": QuietLog,
        "worker_connections": _CONNECTIONS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "graceful_timeout": GRACEFUL_SECONDS,
        "timeout": 30,
        "limit_request_line": 2048,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        "loglevel": "warning",
        "accesslog": None,  # R18
        "proc_name": "quietline web",
        # Which address the carrier called is configured, never read from a header (R15).
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "http_parser": "python",
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - heartbeats, in memory
    }


class _Application(BaseApplication):
    """What gunicorn serves, with settings from here alone: it reads no file and no variable of its own."""

    def __init__(self, application: str, settings: Mapping[str, Any], fresh: Collection[str]) -> None:
        self._application = application
        self._settings = settings
        self._fresh = fresh
        self._reloaded = False
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def reload(self) -> None:
        super().reload()
        self._reloaded = True

    def load(self) -> Any:
        if self._reloaded:
            for name in list(sys.modules):
                if name.partition(".")[0] in self._fresh:
                    del sys.modules[name]
        application: Any = util.import_app(self._application)
        return _WholeBodies(application)

    def run(self) -> None:
        gc.disable()  # nothing that is imported is garbage, and looking for it takes a tenth of the start
        module = import_module(self._application.partition(":")[0])
        getattr(module, "preload", lambda: None)()
        gc.freeze()
        gc.enable()
        _Master(self).run()


class _Master(Arbiter):
    """gunicorn's master, whose workers miss no signal and go only once the next ones serve."""

    def __init__(self, application: BaseApplication) -> None:
        super().__init__(application)
        self._reloads = False
        self._ending: set[int] = set()

    def manage_workers(self) -> None:
        """Starts what is missing; ends what is too many, the oldest first, once all of the newest serve.

        gunicorn's own ends them at once, and whoever comes meanwhile waits until the new ones have loaded.
        """
        newest = sorted(self.WORKERS.values(), key=lambda worker: worker.age)[-self.num_workers :]
        if len(self.WORKERS) <= self.num_workers or all(
            isinstance(worker, QuietWorker) and worker.serves for worker in newest
        ):
            super().manage_workers()

    def reload(self) -> None:
        """Takes up new code. gunicorn waits here until the old workers are gone, so they are told from in here."""
        self._reloads = True
        try:
            super().reload()
        finally:
            self._reloads = False

    def reap_workers(self) -> None:
        """Buries what has ended; while code is taken up, looks whether the old ones may go."""
        super().reap_workers()
        if self._reloads:
            self.manage_workers()

    def kill_worker(self, pid: int, sig: int) -> None:
        """Tells a worker to end, once: told twice it would drop what it is answering."""
        self._ending &= set(self.WORKERS)
        if sig == signal.SIGTERM:
            if pid in self._ending:
                return
            self._ending.add(pid)
        super().kill_worker(pid, sig)

    def spawn_worker(self) -> int:
        """Starts one. Signals wait until it listens to them: told to end before, it would stay."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, WORKER_SIGNALS)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _WholeBodies:
    """WSGI middleware: a body in chunks is put together, or refused, before the application sees it."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self.texts = getattr(application, "texts", ((), None))  # see QuietWorker

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            try:
                body = environ["wsgi.input"].read(BODY_BYTES + 1)
            except (ParseException, OSError):
                start_response("400 Bad Request", [("Content-Length", "0"), *HEADERS.items()])
                return ()
            del environ["HTTP_TRANSFER_ENCODING"]
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        return self._application(environ, start_response)


def _raise_descriptor_limit() -> None:
    """A worker that runs out of descriptors cannot accept."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * _CONNECTIONS if hard == resource.RLIM_INFINITY else min(4 * _CONNECTIONS, hard)
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
