"""The composition root: builds everything of one process once, from its configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.bell import BackgroundDoorbell, NoDoorbell, RqDoorbell
from gateway.channels.simulator import SimulatorChannel
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.config import Config
from gateway.organisations import build_sinks, read_organisations
from handlers.flow_store import StoredFlows
from handlers.letterbox import StoredMailbox
from handlers.ports import Channel, Clock, Doorbell
from handlers.records.database import Database
from handlers.records.migrate import prepare
from handlers.service import Directory, Service
from handlers.vault import KeyRing


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()


@dataclass(frozen=True)
class Runtime:
    """One process's parts."""

    config: Config
    service: Service
    doorbell: Doorbell
    flows: StoredFlows

    def prepare(self) -> None:
        """Makes the store ready: its schema, and the flows that conversations may begin with. Raises StoreError."""
        prepare(self.service.database)
        self.flows.keep()


def build(
    config: Config, environ: Mapping[str, str], *, clock: Clock | None = None, background: bool = False
) -> Runtime:
    """Builds the parts; opens no connection yet.

    Args:
        config: complete, with its secrets.
        environ: where sinks find theirs.
        clock: the machine's where absent.
        background: ring the doorbell from a thread (where an answer waits).

    Raises ConfigError or VaultError naming the setting that is wrong.
    """
    clock = clock or SystemClock()
    database, ring = Database(config.database_url), KeyRing.from_json(config.keys)
    flows = StoredFlows(database)
    installation = read_organisations(
        config.organisations, data=config.data, environ=environ, flow_languages=flows.languages
    )
    service = Service(
        database=database,
        ring=ring,
        directory=Directory(installation.organisations),
        flows=flows,
        channels=channels(config, database, ring, clock),
        sinks=build_sinks(installation),
        clock=clock,
    )
    return Runtime(config, service, _doorbell(config, background), flows)


def channels(config: Config, database: Database, ring: KeyRing, clock: Clock) -> dict[str, Channel]:
    """The carriers that this installation hears, by name."""
    tokens = [token for token in (config.twilio_auth_token, config.twilio_auth_token_secondary) if token]
    heard: dict[str, Channel] = {
        "twilio": TwilioChannel(
            config.twilio_account_sid,
            tokens,
            PublicUrls.under(config.public_url),
            api_key=config.twilio_api_key or None,
            api_secret=config.twilio_api_secret or None,
            api_base_url=config.twilio_api_url,
        )
    }
    if config.simulator:
        heard["simulator"] = SimulatorChannel(config.simulator_secret, StoredMailbox(database, ring), clock.now)
    return heard


def _doorbell(config: Config, background: bool) -> Doorbell:
    if not config.redis_url:
        return NoDoorbell()
    bell = RqDoorbell(config.redis_url)
    return BackgroundDoorbell(bell) if background else bell
