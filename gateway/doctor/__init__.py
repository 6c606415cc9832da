"""The doctor: looks at every setting and at what stands behind it, and says what to do. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.config import Config, ConfigError
from gateway.doctor import alarms, carrier, desk, organisations, replies, settings, stores, support, twin
from gateway.doctor.advice import Advice, must


def examine(environ: Mapping[str, str]) -> list[Advice]:
    """All that is wrong, missing or good to know about the installation in an environment."""
    found = list(settings.check_names(environ))
    try:
        config = Config.read(environ)
    except ConfigError as error:
        return [*found, *map(must, error.problems)]
    return [*found, *_examine(config, environ)]


def _examine(read: Config, environ: Mapping[str, str]) -> Iterator[Advice]:
    config, findings = settings.with_secrets(read)
    yield from findings
    yield from settings.check_data_folder(config)
    yield from settings.check_key_file(read)
    if config.main_url:
        yield from twin.check(config)
        yield from alarms.check(config)
        return
    yield from settings.check_key_ring(config)
    yield from settings.check_carrier(read)
    yield from settings.check_public_url(config)
    yield from desk.check(config)
    yield from organisations.check(config, environ)
    yield from support.check(config)
    yield from replies.check(config)
    yield from alarms.check(config)
    yield from stores.check_database(config)
    yield from stores.check_queue(config)
    yield from stores.check_clock()
    yield from carrier.check_signature(config)
