"""The web application, put together from parts that are given to it. It knows nothing of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any

from flask import Flask
from msgspec import Struct, field

from gateway.channels.simulator import SimulatorChannel
from gateway.web import api, failures, handover, headers, health, home, phone, webhook
from gateway.web.direct import Direct
from handlers.ports import Channel


class Parts(Struct, frozen=True):
    """What the web application stands on.

    Args:
        channels: each gets its own addresses under its name.
        receive: takes texts durably; see `gateway.web.webhook.Texts`.
        note_status: takes a status callback.
        checks: what /healthy looks at.
        development: whether the home page may say how to text the gateway.
        how_to_text: its paragraphs.
        acknowledge, senders: see `gateway.web.api.blueprint`; without the first there is no such API.
        take_over, is_twin: see `gateway.web.handover.blueprint`; without them no twin hands over.
    """

    channels: Sequence[Channel]
    receive: webhook.ReceiveAll
    note_status: webhook.NoteStatus
    checks: Sequence[health.Check] = ()
    development: bool = False
    how_to_text: Sequence[str] = ()
    acknowledge: api.Acknowledge | None = None
    senders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    take_over: handover.TakeOver | None = None
    is_twin: handover.IsSigned | None = None


class App(Flask):
    """Flask without its own log, which would quote what a reporter sent (R18).

    `texts` answers the carriers' texts without Flask, for a server that takes several at once: its paths, and what
    answers requests that have come by now.
    """

    texts: tuple[Collection[str], webhook.Together]

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None], *args: Any, **kwargs: Any
    ) -> None:
        if exc_info[1] is not None:
            failures.log_unexpected(exc_info[1])


def create_app(parts: Parts) -> App:
    """Builds the WSGI application: webhooks, /healthy, the home page; nothing is looked up at import."""
    app = App(__name__, static_folder=None, template_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    # A redirect to a tidier path would be built from the Host header.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    failures.install(app)
    direct: dict[str, webhook.Answer] = {}
    texts = webhook.Texts(parts.channels, parts.receive)
    app.texts = texts.paths, texts.answer
    for channel in parts.channels:
        answers = webhook.answers(channel, texts, parts.note_status)
        app.register_blueprint(webhook.blueprint(channel.name, answers))
        direct |= answers
        if isinstance(channel, SimulatorChannel):
            app.register_blueprint(phone.blueprint(channel))
    if parts.acknowledge is not None:
        app.register_blueprint(api.blueprint(parts.acknowledge, parts.senders))
    if parts.take_over is not None and parts.is_twin is not None:
        app.register_blueprint(handover.blueprint(parts.take_over, parts.is_twin))
    app.register_blueprint(health.blueprint(parts.checks))
    app.register_blueprint(home.blueprint(parts.how_to_text if parts.development else ()))
    app.wsgi_app = headers.SafeHeaders(Direct(app.wsgi_app, direct))  # type: ignore[method-assign]
    return app
