"""The web process's application: the durable turn behind the carriers' addresses."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Sequence
from functools import partial

from conversations import reading, turn
from gateway import runtime, secrets
from gateway.app import App, Parts, create_app
from gateway.checks import checks
from gateway.handover import is_signed
from gateway.invoked import call
from gateway.metrics.measured import MeasuredIntake
from gateway.readiness import Readiness
from handlers import acknowledgements, outbound, spooling
from handlers.acknowledgements import Answer
from handlers.exercise_channel import CHANNEL as EXERCISE
from handlers.intake import Intake
from handlers.ports import StatusNote
from handlers.service import Service

# The doorbell's thread must not keep an answer waiting for the interpreter; the default is ten times as long.
SWITCH_SECONDS = 0.0005
# A turn leaves few circles behind: looking for them after every 700 objects, the default, is 5 % of its CPU.
COLLECT = (20_000, 20, 20)
# A text that comes sooner loads what it needs by itself: the flows' tables, what slips need, after a reload all.
WARM_AFTER_SECONDS = 1.0


def preload() -> None:
    """Loads what reading a text needs, once for all workers that will be forked; what slips need they load later."""
    reading.warm(slips=False)


def create() -> App:
    """The application of this process's environment; it takes texts while the database is away. Raises ConfigError."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.disable()  # until all is loaded (`_warm`): none of it is garbage, and looking would delay an answer
    config = secrets.load(os.environ)
    parts = runtime.build(config, os.environ, background=True)
    service, doorbell = parts.service, parts.doorbell
    ready = Readiness(parts.prepare)
    ready.begin()
    measured = MeasuredIntake(parts.meter)

    intake = Intake(service, doorbell, parts.spool, ready=ready)

    def note_status(note: StatusNote) -> None:
        outbound.note_status(service, note)

    def acknowledge(senders: Sequence[str], report_id: str, webhook_id: str, answer: Answer) -> None:
        acknowledgements.acknowledge(service, senders, report_id, webhook_id, answer)

    app = create_app(
        Parts(
            channels=tuple(channel for name, channel in service.channels.items() if name != EXERCISE),
            receive=measured.around_turns(intake.receive_all),
            note_status=note_status,
            checks=checks(service, config, parts.spool, ready),
            development=not config.production,
            acknowledge=acknowledge,
            senders=parts.senders,
            take_over=lambda lines: spooling.take_over(service, parts.spool, lines),
            is_twin=partial(is_signed, service.ring),
            how_to_text=() if config.production else (_how_to_text(),),
        )
    )
    app.wsgi_app = measured.around_request(app.wsgi_app)  # type: ignore[method-assign, assignment]
    paths, answer = app.texts
    # PostgreSQL writes for several threads at once; the embedded database for one, and for all texts that are there.
    app.texts = (paths if service.database.is_sqlite else (), measured.around_requests(answer))
    gc.freeze()  # what is there by now stays: full collections would stop answers for nothing
    later = threading.Timer(WARM_AFTER_SECONDS, _warm, (service,))
    later.daemon = True
    later.start()
    return app


def _how_to_text() -> str:
    return f"In a terminal, in this folder: {call('phone', 'QUIETLINE_DATA', 'PORT', by_name=False)}"


def _warm(service: Service) -> None:
    """Loads what reading a text and taking a turn needs."""
    try:
        reading.warm()
        for slug in {organisation.flow for organisation in service.directory.organisations.values()}:
            turn.prepare(service.flows.current(slug))
    finally:
        gc.freeze()
        gc.set_threshold(*COLLECT)
        gc.enable()
