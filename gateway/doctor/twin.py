"""A twin's settings, and whether the main host would take what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.config import Config, ConfigError
from gateway.doctor import settings, stores
from gateway.doctor.advice import Advice, info, must, should
from gateway.setting import is_loopback


def check(config: Config) -> Iterator[Advice]:
    """All that a twin needs; `config` with its secrets."""
    yield from settings.check_public_url(config)
    yield from _check_places(config)
    yield from _check_organisations(config)
    yield from _check_spool(config)
    yield from stores.check_clock()
    if not config.alarm_urls:
        yield (must if config.production else should)(
            "QUIETLINE_ALARM_URLS is not set: nobody is told of danger while the main host is away."
        )
    yield from _check_ring(config)


def _check_places(config: Config) -> Iterator[Advice]:
    grave = must if config.production else should
    if not (config.main_url.startswith("https://") or is_loopback(config.main_url)):
        yield grave("QUIETLINE_MAIN_URL must begin with https://.")
    if urlsplit(config.main_url).hostname == urlsplit(config.public_url).hostname:
        yield grave("QUIETLINE_MAIN_URL and QUIETLINE_PUBLIC_URL name one host: a twin belongs on another.")


def _check_organisations(config: Config) -> Iterator[Advice]:
    from gateway.organisations import read_organisations

    try:
        read_organisations(config.organisations, data=config.data, environ=None, flow_languages=None)
    except ConfigError as error:
        yield from map(must, error.problems)


def _check_spool(config: Config) -> Iterator[Advice]:
    from handlers.spool import Spool, SpoolError

    try:
        spool = Spool(config.spool)
        spool.try_out()
        if number := len(spool.contents()):
            yield info(f"{number} texts wait in the spool to be handed over.")
    except SpoolError as error:
        yield must(f"The spool {config.spool} (QUIETLINE_SPOOL) takes nothing: {error}.")


def _check_ring(config: Config) -> Iterator[Advice]:
    from gateway.handover import HandoverError, MainHost
    from handlers.vault import KeyRing, VaultError

    if not config.keys:
        return
    try:
        ring = KeyRing.for_spool(config.keys)
    except VaultError as error:
        yield must(f"QUIETLINE_KEYS: {error}. On the main host: quietline keys twin")
        return
    if ring.opens_addresses:
        yield should("QUIETLINE_KEYS can open what is sealed here. On the main host: quietline keys twin")
    try:
        MainHost(config.main_url, ring).take(b"")
    except HandoverError as error:
        words = f"The main host at {config.main_url} does not take over: {error}."
        if str(error) == "http 403":
            yield must(f"{words} Its key ring is another one, or one of the clocks is wrong.")
        else:
            yield should(words)
        return
    yield info("The main host takes over what is kept here.")
