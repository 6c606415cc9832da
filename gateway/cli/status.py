"""`quietline status`: how the installation does, in words or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.installed import audience_of, opened
from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from handlers.status import SinkStatus, Status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option(
    "--confidential", is_flag=True, help="Of confidential reports instead: for the small team that gets them."
)
@click.option("--test-alarm", is_flag=True, help="Send a test by every way that alarms go, and say how each did.")
def status(as_json: bool, confidential: bool, test_alarm: bool) -> None:
    """Say how the installation does. Exit code 1 while an alarm is raised or does not get out."""
    from gateway.config import Config
    from handlers import status as statuses

    config = Config.read(os.environ)
    if test_alarm:
        _test_alarm(config.alarm_confidential_urls if confidential else config.alarm_urls, audience_of(confidential))
        return
    now = statuses.read(opened(config), datetime.now(UTC).timestamp(), audience_of(confidential))
    if as_json:
        _write(now)
    else:
        told = config.alarm_confidential_urls if confidential else config.alarm_urls
        click.echo("\n".join(_in_words(now, bool(told))))
    sys.exit(bool(now.alarms or now.failing_routes))


def _test_alarm(addresses: tuple[str, ...], audience: str) -> None:
    from gateway.alarms.routes import Routes

    told = Routes(addresses, audience).say("This is a test of the alarms. Nothing is wrong.", over=True)
    if not told:
        raise Refusal("No way for alarms is set: QUIETLINE_ALARM_URLS.")
    for one in told:
        click.echo(f"{one.route}: {'it went out' if one.cause is None else one.cause}")
    sys.exit(any(one.cause is not None for one in told))


def _in_words(now: Status, has_routes: bool) -> Iterator[str]:
    from handlers.conditions import minutes

    raised = [row for row in now.alarms if row.state == "raised"]
    yield "All is well." if not raised else "Wrong just now:"
    for row in raised:
        told = f", told {row.times} times" if row.times > 1 else ", told once" if row.times else ", not told yet"
        yield f"  {row.words} Since {_at(row.since):%Y-%m-%d %H:%M}{told}."
    yield ""
    for sink in now.sinks:
        yield f"Reports to {sink.sink}: {_sink(sink)}."
    if not now.sinks:
        yield "Reports: none on their way."
    for organisation, (count, age) in now.nowhere.items():
        yield f"Reports of {organisation} that no sink has had: {count}, the oldest for {minutes(age)}."
    if now.audience == "desk":
        yield f"Texts: {_texts(now)}."
        for process, seconds in now.silent_for.items():
            yield f"The {process}: {'never seen' if seconds is None else f'seen {minutes(seconds)} ago'}."
        for organisation, age in now.synthetic.items():
            yield f"Synthetic reporter: last through to {organisation} {minutes(age)} ago."
    yield f"Alarms: {_routes(now, has_routes)}."


def _sink(sink: SinkStatus) -> str:
    from handlers.conditions import minutes

    words = [f"{sink.waiting} on their way, the oldest for {minutes(sink.oldest)}"] if sink.oldest is not None else []
    if sink.danger_oldest is not None:
        words.append(f"{sink.danger} of danger, the oldest for {minutes(sink.danger_oldest)}")
    if sink.parked:
        words.append(f"{sink.parked} parked for a person")
    if sink.paused_cause is not None:
        words.append(f"paused for {minutes(sink.paused_for or 0.0)} ({sink.paused_cause})")
    return "; ".join(words)


def _texts(now: Status) -> str:
    from handlers.conditions import minutes

    words = [
        f"{count} {'held for a person' if state == 'held' else 'to be taken again'}, the oldest for {minutes(age)}"
        for state, (count, age) in sorted(now.texts.items())
    ]
    words += [f"{count} of ours {state} on {channel}" for (channel, state), count in sorted(now.unsent.items())]
    return "; ".join(words) or "none wait"


def _routes(now: Status, has_routes: bool) -> str:
    if not has_routes and not now.routes:
        return "no way is set, nobody is told (QUIETLINE_ALARM_URLS)"
    words = [
        f"{route.route} fails since {_at(route.failed_at):%Y-%m-%d %H:%M} ({route.cause})"
        if route.failed_at is not None
        else f"{route.route} last went through {_at(route.told_at or 0):%Y-%m-%d %H:%M}"
        for route in now.routes
    ]
    return "; ".join(words) or "none was needed yet"


def _write(now: Status) -> None:
    import orjson

    from handlers.status import as_document

    document: dict[str, Any] = as_document(now)
    click.echo(orjson.dumps(document).decode())


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
