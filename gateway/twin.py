"""`quietline twin`: takes texts on another host while the main one is away (F21).

It stands behind the carrier's fallback address, has no database and no queue, and with a ring from
`quietline keys twin` opens nothing that it has sealed. It checks the signature, appends the sealed text to its spool,
answers with the flow's neutral sentence, or with the emergency advice where there are words of danger, alarms those,
and hands everything over to the main host as soon as that answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from conversations import reading
from conversations.reading import read
from conversations.turn import Reader
from gateway import lifeline, secrets
from gateway.app import Parts, create_app
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.config import Config, ConfigError
from gateway.handing import Handing
from gateway.handover import MainHost
from gateway.keyfile import ring_file
from gateway.organisations import read_organisations
from gateway.runtime import SystemClock
from gateway.server import serve
from gateway.setting import is_loopback
from gateway.twin_alarms import TwinAlarms
from gateway.web.health import Check, CheckFailedError
from gateway.web.webhook import one_by_one
from handlers import spooling
from handlers.flow_store import StoredFlows
from handlers.ports import Channel, Clock, InboundText, StatusNote
from handlers.service import Directory, Flows
from handlers.spool import Spool
from handlers.vault import KeyRing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

APPLICATION: Final = "gateway.twin:create()"
THREADS: Final = 8


class Front(Struct, frozen=True):
    """What a twin knows of the installation; keeps `handlers.service.Front`."""

    ring: KeyRing
    directory: Directory
    flows: Flows
    clock: Clock
    reader: Reader | None


def main(environ: Mapping[str, str]) -> int:
    """Serves until SIGTERM or SIGINT. Raises ConfigError."""
    config = read_config(environ)
    if config.supervisor_pid:
        lifeline.follow(config.supervisor_pid)
    # One process: it holds the one thread that hands over.
    return serve(APPLICATION, config.host, config.port, workers=1, threads=THREADS, pid_file=config.data / "twin.pid")


def read_config(environ: Mapping[str, str]) -> Config:
    """The twin's configuration. Raises ConfigError."""
    config = secrets.load(environ)
    if not config.main_url:
        raise ConfigError(["QUIETLINE_MAIN_URL is missing: where the twin hands its texts over."])
    if config.production and not (config.main_url.startswith("https://") or is_loopback(config.main_url)):
        raise ConfigError(["QUIETLINE_MAIN_URL must begin with https://."])
    return config


def create() -> WSGIApplication:
    """The application of this process's environment. Raises ConfigError, VaultError."""
    config = read_config(os.environ)
    front, spool = build(config, os.environ), Spool(config.spool)
    alarms = TwinAlarms(config.alarm_urls)
    handing = Handing(spool, MainHost(config.main_url, front.ring))
    tokens = [token for token in (config.twilio_auth_token, config.twilio_auth_token_secondary) if token]
    channel = TwilioChannel(config.twilio_account_sid, tokens, PublicUrls.under(config.public_url))

    def receive(channel: Channel, text: InboundText) -> str | None:
        record = spooling.keep(front, spool, text)
        organisation = front.directory.of(text.medium, text.recipient)
        alarms.text(organisation.name if organisation else "", danger=record.danger)
        handing.nudge()
        return record.reply

    app = create_app(
        Parts(
            channels=(channel,),
            receive=one_by_one(receive),
            note_status=_no_status,
            checks=(
                Check("intake", spool.try_out),
                Check("main host", lambda: _handed_over(spool, handing), vital=False),
            ),
        )
    )
    handing.start()
    reading.warm()
    return app


def build(config: Config, environ: Mapping[str, str]) -> Front:
    """What the twin must know. Raises ConfigError, VaultError."""
    ring = KeyRing.for_spool(config.keys)
    if (file := ring_file(config, environ)) is not None:
        ring.follow(file.follower())
    flows = StoredFlows()
    installation = read_organisations(
        config.organisations, data=config.data, environ=None, flow_languages=flows.languages
    )
    return Front(ring, Directory(installation.organisations), flows, SystemClock(), read)


def _handed_over(spool: Spool, handing: Handing) -> str | None:
    if number := len(spool.contents()):
        cause = f" ({handing.cause})" if handing.cause else ""
        raise CheckFailedError(f"{number} texts are not handed over yet{cause}")
    return None


def _no_status(note: StatusNote) -> None:
    """News of texts goes to the main host's address."""
    raise NotImplementedError
