"""The web process's application: the durable turn behind the carriers' addresses."""

from __future__ import annotations

import gc
import os
import sys

from flask import Flask

from gateway import runtime, secrets
from gateway.app import Parts, create_app
from gateway.checks import checks
from handlers import inbound, outbound
from handlers.ports import Channel, InboundText, StatusNote

# The doorbell's thread must not keep an answer waiting for the interpreter; the default is ten times as long.
SWITCH_SECONDS = 0.0005


def create() -> Flask:
    """The application of this process's environment. Raises ConfigError, StoreError."""
    sys.setswitchinterval(SWITCH_SECONDS)
    config = secrets.load(os.environ)
    parts = runtime.build(config, os.environ, background=True)
    service, doorbell = parts.service, parts.doorbell
    parts.prepare()

    def receive(channel: Channel, text: InboundText) -> str | None:
        return inbound.receive(service, doorbell, channel, text)

    def note_status(note: StatusNote) -> None:
        outbound.note_status(service, note)

    app = create_app(
        Parts(
            channels=tuple(service.channels.values()),
            receive=receive,
            note_status=note_status,
            checks=checks(service, config),
            development=not config.production,
            how_to_text=("In a terminal, in this folder: .venv/bin/quietline phone",),
        )
    )
    gc.freeze()  # what is there by now stays: full collections would stop answers for nothing
    return app
