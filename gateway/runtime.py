"""The composition root: builds everything of one process once, from its configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from conversations import flows as shipped_flows
from conversations.flow import Flow
from gateway.bell import BackgroundDoorbell, NoDoorbell, RqDoorbell
from gateway.channels.simulator import SimulatorChannel
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.config import Config
from gateway.organisations import build_sinks, read_organisations
from handlers.letterbox import StoredMailbox
from handlers.ports import Channel, Clock, Doorbell
from handlers.records.database import Database
from handlers.service import Directory, Service
from handlers.vault import KeyRing


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()


class ShippedFlows:
    """The flows in the package: one version of each."""

    def current(self, slug: str) -> Flow:
        """The flow that new conversations begin with. Raises LookupError."""
        return shipped_flows.shipped(slug)

    def pinned(self, slug: str, version: int, digest: str) -> Flow | None:
        """The flow a conversation began with."""
        flow = shipped_flows.shipped(slug)
        return flow if (flow.version, flow.hash) == (version, digest) else None

    def languages(self, slug: str) -> tuple[str, ...] | None:
        """What a flow speaks, None where there is no such flow."""
        try:
            return self.current(slug).languages
        except LookupError:
            return None


@dataclass(frozen=True)
class Runtime:
    """One process's parts."""

    config: Config
    service: Service
    doorbell: Doorbell


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
    database, ring, flows = Database(config.database_url), KeyRing.from_json(config.keys), ShippedFlows()
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
    return Runtime(config, service, _doorbell(config, background))


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
