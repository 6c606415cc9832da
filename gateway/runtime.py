"""The composition root: builds everything of one process once, from its configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from conversations import support
from conversations.reading import read
from gateway.bell import BackgroundDoorbell, NoDoorbell, RqDoorbell
from gateway.channels.simulator import SimulatorChannel
from gateway.channels.synthetic import SyntheticChannel, secrets_of
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.config import Config, ConfigError
from gateway.keyfile import ring_file
from gateway.metrics.measured import measured_sinks
from gateway.metrics.meter import Meter
from gateway.organisations import Installation, build_sinks, read_organisations
from handlers import synthetic
from handlers.exercise_channel import CHANNEL, ExerciseChannel
from handlers.flood import FirstAnswers
from handlers.flow_store import StoredFlows
from handlers.letterbox import StoredMailbox
from handlers.ports import Channel, Clock, Doorbell, Organisation, Sink
from handlers.records.database import LOCK_SECONDS, Database
from handlers.records.migrate import prepare_apart
from handlers.service import Directory, Service
from handlers.spool import Spool
from handlers.vault import KeyRing

# The carrier waits 5 s for an answer, and the spool still needs its part of them.
WEB_PATIENCE: Final = 2.5


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()


@dataclass(frozen=True)
class Runtime:
    """One process's parts.

    `meter` is where it counts; `senders` are the secrets with which sinks sign their answers, by the sink.
    """

    config: Config
    service: Service
    doorbell: Doorbell
    flows: StoredFlows
    meter: Meter
    spool: Spool
    senders: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def prepare(self) -> None:
        """Makes the store ready: its schema, and the flows that conversations may begin with. Raises StoreError."""
        prepare_apart(self.service.database, self.config.database_url)
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
    patience = WEB_PATIENCE if background else LOCK_SECONDS
    database, ring = Database(config.database_url, patience, cuts=background), KeyRing.from_json(config.keys)
    if (file := ring_file(config, environ)) is not None:
        ring.follow(file.follower())
    flows = StoredFlows(database)
    installation = read_organisations(
        config.organisations, data=config.data, environ=environ, flow_languages=flows.languages
    )
    meter = Meter(database)
    organisations, sinks = _with_synthetic(config, installation, database, meter, clock)
    service = Service(
        database=database,
        ring=ring,
        directory=Directory(organisations),
        flows=flows,
        channels=channels(config, database, ring, clock),
        sinks=sinks,
        clock=clock,
        reader=read,
        support=support.shipped(),
        production=config.production,
        first_answers=FirstAnswers(-(-config.first_answers // config.workers)) if config.first_answers else None,
    )
    senders = {each.id: each.answer_secrets for each in installation.sinks if each.answer_secrets}
    return Runtime(config, service, _doorbell(config, background), flows, meter, Spool(config.spool), senders)


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
    heard[CHANNEL] = ExerciseChannel()
    if config.simulator:
        heard["simulator"] = SimulatorChannel(config.simulator_secret, StoredMailbox(database, ring), clock.now)
    if config.synthetic_minutes:
        heard["synthetic"] = SyntheticChannel(secrets_of(ring), clock.now)
    return heard


def _with_synthetic(
    config: Config, installation: Installation, database: Database, meter: Meter, clock: Clock
) -> tuple[tuple[Organisation, ...], dict[str, Sink]]:
    """Everybody's organisations and measured sinks, and where the synthetic reporter comes, its own."""
    organisations = installation.organisations
    confidential = {sink for one in organisations for sink in one.confidential_sinks}
    sinks = measured_sinks(build_sinks(installation), confidential, meter, clock)
    if unknown := [sink for sink in config.synthetic_sinks if sink not in sinks]:
        raise ConfigError([f"QUIETLINE_SYNTHETIC_SINKS names no sink: {', '.join(unknown)}."])
    if not config.synthetic_minutes:
        return organisations, sinks
    if synthetic.SyntheticSink.id in sinks:
        raise ConfigError(["The organisations file: no sink may be called synthetic."])
    twins = synthetic.twins(organisations, config.synthetic_sinks)
    return (*organisations, *twins), {**sinks, synthetic.SyntheticSink.id: synthetic.SyntheticSink(database, clock)}


def _doorbell(config: Config, background: bool) -> Doorbell:
    if not config.redis_url:
        return NoDoorbell()
    bell = RqDoorbell(config.redis_url)
    return BackgroundDoorbell(bell) if background else bell
