"""The organisations, their flows and their sinks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.config import EXAMPLE_ORGANISATIONS, Config, ConfigError
from gateway.doctor.advice import Advice, info, must, should

if TYPE_CHECKING:
    from gateway.organisations import SinkSettings
    from handlers.flow_store import StoredFlows
    from handlers.ports import Organisation

_SECONDS: Final = 3.0
_MAIL_PORTS: Final = {"implicit": 465, "none": 25}


def check(config: Config, environ: Mapping[str, str]) -> Iterator[Advice]:
    """Whether the file holds together, its flows may be published and its sinks answer."""
    from gateway.organisations import read_organisations
    from handlers.flow_store import StoredFlows

    flows = StoredFlows()
    try:
        installation = read_organisations(
            config.organisations, data=config.data, environ=environ, flow_languages=flows.languages
        )
    except ConfigError as error:
        yield from map(must, error.problems)
        return
    if config.organisations == EXAMPLE_ORGANISATIONS:
        yield info("The demonstration organisation is in use. Set QUIETLINE_ORGANISATIONS to have your own.")
    for slug in sorted({each.flow for each in installation.organisations}):
        yield from _check_flow(flows, slug, config.production)
    for organisation in installation.organisations:
        yield from _check_numbers(organisation)
        yield from _check_confidential(organisation)
    for sink in installation.sinks:
        yield from _check_sink(sink)


def _check_flow(flows: StoredFlows, slug: str, production: bool) -> Iterator[Advice]:
    from conversations.lint import lint, notices

    flow = flows.current(slug)
    for issue in lint(flow):
        yield must(f"Flow {slug}, {issue}")
    for notice in notices(flow):
        yield (should if production else info)(f"Flow {slug}, {notice}.")


def _check_numbers(organisation: Organisation) -> Iterator[Advice]:
    """Whether each international number among the addresses is one that a country has (ITU-T E.164)."""
    import phonenumbers

    for address in organisation.addresses:
        number = address.partition(":")[2]
        if not number.startswith("+"):
            continue
        try:
            possible = phonenumbers.is_possible_number(phonenumbers.parse(number))
        except phonenumbers.NumberParseException:
            possible = False
        if not possible:
            yield should(f"Organisation {organisation.id}: its address {address} is no number that any country has.")


def _check_confidential(organisation: Organisation) -> Iterator[Advice]:
    """Whether reports about people whose conduct is confidential have somewhere to go (R8)."""
    if not organisation.confidential:
        yield should(
            f"Organisation {organisation.id} names nobody whose conduct is confidential: set confidential "
            "(police for a force, rail_staff for an operator) and confidential_sinks."
        )
    elif not organisation.confidential_sinks:
        yield must(
            f"Organisation {organisation.id} has no confidential_sinks: reports about "
            f"{' and '.join(organisation.confidential).replace('_', ' ')} are held, and nobody gets them."
        )


def _check_sink(sink: SinkSettings) -> Iterator[Advice]:
    from handlers.sinks import build

    try:
        build(sink.kind, sink.id, sink.settings).close()
    except ValueError as error:
        yield must(f"{error}.")
        return
    match sink.kind:
        case "webhook":
            parts = urlsplit(sink.settings["url"])
            yield from _check_host(
                sink.id, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            )
        case "email":
            port = int(sink.settings.get("port") or _MAIL_PORTS.get(sink.settings.get("tls", "").lower(), 587))
            yield from _check_host(sink.id, sink.settings["host"], port)
        case "sftp":
            yield from _check_host(sink.id, sink.settings["host"], int(sink.settings.get("port") or 22))
        case "file" | "folder":
            yield from _check_file(sink.id, Path(sink.settings["path"]))


def _check_host(sink: str, host: str, port: int) -> Iterator[Advice]:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError as error:
        cause = error.strerror or type(error).__name__
        yield should(f"Sink {sink}: nothing answers at {host} port {port} ({cause}). Reports wait until it does.")


def _check_file(sink: str, path: Path) -> Iterator[Advice]:
    place = path if path.exists() else path.parent
    if place.exists() and not os.access(place, os.W_OK):
        yield must(f"Sink {sink}: {place} cannot be written by this user.")
