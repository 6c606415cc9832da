"""`quietline carrier`: the stand-in for the carrier, on this machine alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from gateway.standin.account import Account
    from gateway.standin.delivery import Delivery
    from gateway.standin.network import Carried, Text

_EXAMPLE: Final = "+447700900123"
_SHARE: Final = click.FloatRange(0, 1)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _share(name: str, words: str) -> Callable[[_Command], _Command]:
    return click.option(f"--{name}", type=_SHARE, default=0.0, help=words)


@click.command(short_help="Stand in for Twilio on this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8071, show_default=True, help="Of its REST API.")
@click.option("--url", default="", help="The webhook, with its retry rules; the gateway's own here if not given.")
@click.option("--fallback", default="", help="The fallback address, tried where the webhook fails.")
@click.option("--sender", default=_EXAMPLE, show_default=True, help="Who texts.")
@click.option("--to", "recipient", required=True, help="The number or short code that is texted.")
@click.option("--second-token", is_flag=True, help="Sign with the second token.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the chance: the same seed, the same weather.")
@_share("drop", "Share of texts that never reach the gateway; the REST API lists them.")
@_share("repeat", "Share that comes again under its SID.")
@_share("double", "Share that comes twice, under two SIDs.")
@_share("shuffle", "Share that changes places with the next.")
@_share("fail", "Share of the gateway's own texts that is not delivered.")
@click.option("--code", default="30003", show_default=True, help="The error code of those.")
@_share("lose-news", "Share of status callbacks that never comes.")
@_share("shuffle-news", "Share of texts whose status callbacks come out of order.")
@click.option("--settle", type=float, default=0.0, help="Seconds for which a message cannot be deleted (20009).")
def carrier(**given: Any) -> None:
    """Stand in for Twilio: each line of standard input is a text, signed and delivered as Twilio does.

    Its REST API listens on 127.0.0.1: start the gateway with TWILIO_API_URL=http://127.0.0.1:8071, and
    TWILIO_API_KEY and TWILIO_API_SECRET as it prints them. The account and its token are the gateway's own. A line
    that begins with a number and a blank is texted by that number.
    """
    _run(given)


def _run(given: dict[str, Any]) -> None:
    from gateway.standin.callbacks import Fate
    from gateway.standin.network import Network, Weather
    from gateway.standin.rest import Carrier

    account, delivery = _account_and_delivery(given)
    fate = Fate(given["fail"], given["code"], given["lose_news"], 0.0, given["shuffle_news"])
    weather = Weather(given["drop"], given["repeat"], given["double"], given["shuffle"])
    with Carrier(account, given["port"], given["settle"], fate, given["seed"]) as standin:
        click.echo(
            f"REST API at {standin.url}, TWILIO_API_KEY={account.api_key} TWILIO_API_SECRET={account.api_secret}"
        )
        network = Network(standin, delivery, weather, given["seed"])
        for carried in network.carry(_texts(given["sender"], given["recipient"])):
            click.echo(_words(carried))


def _account_and_delivery(given: dict[str, Any]) -> tuple[Account, Delivery]:
    from msgspec.structs import replace

    from gateway import secrets
    from gateway.channels.twilio import CONNECTION_OVERRIDES, PublicUrls
    from gateway.standin.account import ACCOUNT
    from gateway.standin.delivery import Delivery

    config = secrets.load(os.environ)
    second = config.twilio_auth_token_secondary or ACCOUNT.second_token
    account = replace(ACCOUNT, sid=config.twilio_account_sid, token=config.twilio_auth_token, second_token=second)
    url = given["url"] or PublicUrls.under(config.public_url).inbound + CONNECTION_OVERRIDES
    base = f"http://127.0.0.1:{given['port']}"
    second_token = given["second_token"]
    return account, Delivery(account, url, given["fallback"], second_token=second_token, media_url=base)


def _texts(sender: str, recipient: str) -> Iterator[Text]:
    from gateway.standin.network import Text

    for line in sys.stdin:
        first, _, rest = line.rstrip("\n").partition(" ")
        if first.startswith("+") and first[1:].isdigit():
            yield Text(first, recipient, rest)
        else:
            yield Text(sender, recipient, line.rstrip("\n"))


def _words(carried: Carried) -> str:
    if carried.done is None:
        return f"{carried.message.sid}: dropped"
    body = carried.done.body
    said = "nobody answered" if body is None else body.decode("utf-8", "replace")
    return f"{carried.message.sid} ({carried.done.attempts}): {said}"
