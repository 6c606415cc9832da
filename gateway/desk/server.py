"""The desk's process: one event loop that holds every open desk, and threads that make the pages."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final

import uvicorn
from a2wsgi import WSGIMiddleware

from gateway import lifeline, runtime, secrets
from gateway.config import Config
from gateway.desk.access import Access
from gateway.desk.app import create_app
from gateway.desk.events import Events
from gateway.readiness import Readiness
from handlers import people
from handlers.people import PersonError
from handlers.presence import Presence
from handlers.service import Service

THREADS: Final = 8
DEMONSTRATION: Final = "demo"
_STOP_SECONDS: Final = 3
_SWITCH_SECONDS: Final = 0.001  # so long may the loop wait, at each of thousands of sockets, for a thread at work
_SHOWS: Final = ("dispatcher", "supervisor")  # what the demonstration account is: queue, board, exercises


class Server(uvicorn.Server):
    """Ends the live streams before it waits for what is still being answered.

    Args:
        config: of the server.
        events: holds the streams.
    """

    def __init__(self, config: uvicorn.Config, events: Events) -> None:
        super().__init__(config)
        self._events = events

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops."""
        self._events.close()
        await super().shutdown(sockets)


def main(environ: Mapping[str, str]) -> int:
    """Serves the desk until SIGTERM or SIGINT. Raises ConfigError, StoreError, RouteWithoutRule."""
    config = secrets.load(environ)
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    sys.setswitchinterval(_SWITCH_SECONDS)
    parts = runtime.build(config, environ, background=True)
    Readiness(parts.prepare).wait(threading.Event())
    presence = Presence(parts.service)
    pages = create_app(parts.service, parts.doorbell, Access.of(config), presence)
    for name in pages.jinja_env.list_templates(["html"]):
        pages.jinja_env.get_template(name)  # compiled now, not while the first person waits for a page
    application: Any = pages
    behind: Any = WSGIMiddleware(application, workers=THREADS)
    events: Any = Events(parts.service, behind, presence)
    server = Server(
        uvicorn.Config(
            events,
            host=config.desk_host,
            port=config.desk_port,
            http="httptools",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,  # who asks is who connects; `Access` knows whose word counts
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_STOP_SECONDS,
        ),
        events,
    )
    if not config.production:
        print_link(parts.service, config)
    server.run()
    return 0


def print_link(service: Service, config: Config) -> None:
    """Tells the person at the terminal how to get in, once; in development alone."""
    try:
        url = demonstration_link(service, config.desk_url)
    except PersonError:
        return
    sys.stdout.write(f"The desk, for ten minutes and once: {url}{os.linesep}")
    sys.stdout.flush()


def demonstration_link(service: Service, address: str) -> str:
    """A link that signs the demonstration account in; makes the account first. Raises PersonError in production."""
    if service.production:
        raise PersonError("In production nobody signs in by a link.")
    known = {person.name: person for person in people.listed(service)}
    if DEMONSTRATION not in known:
        people.add(service, DEMONSTRATION, "Demonstration")
    has = set(known[DEMONSTRATION].roles) if DEMONSTRATION in known else set()
    for organisation in service.directory.organisations:
        for role in _SHOWS if not organisation.startswith("synthetic.") else ():
            if (organisation, role) not in has:
                people.change_role(service, DEMONSTRATION, organisation, role)
    return f"{address}/link/{people.one_time_link(service, DEMONSTRATION)}"
