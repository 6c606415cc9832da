"""`quietline phone`: the phone in a terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.config import Config

HOME: Final = "GB"
"""Where a number that begins with 0 belongs."""

_NUMBER: Final = re.compile(r"\+?[0-9 ().-]+")


def _msisdn(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A number as a person writes it becomes E.164; a name or another medium's address stays as it is."""
    if not _NUMBER.fullmatch(value):
        return value
    import phonenumbers

    try:
        found = phonenumbers.parse(value, HOME)
    except phonenumbers.NumberParseException:
        found = None
    whole = phonenumbers.ValidationResult.IS_POSSIBLE
    if found is None or phonenumbers.is_possible_number_with_reason(found) != whole:
        raise click.BadParameter("that is no phone number; write it like +447700900001 or 07700 900001.")
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@click.command()
@click.option(
    "--from", "sender", default="+447700900001", show_default=True, callback=_msisdn, help="The phone's number."
)
@click.option("--to", "recipient", help="Whom it texts. [default: the first organisation]")
@click.option("--url", help="The gateway. [default: http://127.0.0.1:PORT]")
@click.option("--json", "as_json", is_flag=True, help="No gateway: JSON Lines in and out, on a throwaway database.")
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="No gateway: play a script and show where the conversation departs from it.",
)
def phone(sender: str, recipient: str | None, url: str | None, as_json: bool, script: Path | None) -> None:
    """Text a gateway from this terminal.

    In a pipe each line is a text. With --json each line is {"text": ..., "from"?, "to"?, "at"?} or
    {"wait": SECONDS, "from"?}.
    """
    if as_json and script:
        raise click.UsageError("--json and --script exclude each other.")
    if url and (as_json or script):
        raise click.UsageError("--json and --script talk to no gateway: leave out --url.")
    from gateway.config import Config

    config = Config.read(os.environ)
    if as_json:
        _answer_lines(config)
    elif script:
        _play(config, script, sender, recipient)
    else:
        _chat(config, sender, recipient, url)


def _chat(config: Config, sender: str, recipient: str | None, url: str | None) -> None:
    from gateway.organisations import read_organisations
    from gateway.phone.client import GatewayClient
    from gateway.phone.pipe import play_lines
    from gateway.secrets import stored

    secret = config.simulator_secret or stored(config.data).get("QUIETLINE_SIMULATOR_SECRET", "")
    if not secret:
        raise Refusal(
            f"There is no secret in {config.data}. Start a gateway with: quietline up\n"
            "For one that runs elsewhere set QUIETLINE_SIMULATOR_SECRET."
        )
    if recipient is None:
        known = read_organisations(config.organisations, data=config.data, environ=None, flow_languages=None)
        recipient = known.organisations[0].addresses[0]
    client = GatewayClient(
        (url or f"http://127.0.0.1:{config.port}").rstrip("/"), secret, sender=sender, recipient=recipient
    )
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from gateway.phone.chat import chat

            chat(client)
        else:
            with (
                open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False) as lines,
                open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as out,
            ):
                play_lines(client, lines, out)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        client.close()


def _answer_lines(config: Config) -> None:
    from gateway.phone.lines import answer_lines
    from gateway.phone.throwaway import throwaway_engine
    from gateway.phone.visit import Visit

    with throwaway_engine(config) as engine:
        answer_lines(sys.stdin.buffer, sys.stdout.buffer, Visit(engine, time.time))


def _play(config: Config, script: Path, sender: str, recipient: str | None) -> None:
    from conversations.script import ScriptError
    from gateway.phone.playback import ScriptPhone, departures
    from gateway.phone.throwaway import throwaway_engine
    from gateway.phone.visit import Visit

    try:
        with throwaway_engine(config) as engine:
            phone = ScriptPhone(Visit(engine, time.time), sender, recipient)
            found = departures(script.read_text(encoding="utf-8"), script.name, phone)
    except (ScriptError, UnicodeDecodeError) as error:
        cause = error if isinstance(error, ScriptError) else "it is not UTF-8"
        raise Refusal(f"{script.name} cannot be played: {cause}.") from None
    click.echo(found or f"{script.name}: the conversation went as written.")
    sys.exit(1 if found else 0)
