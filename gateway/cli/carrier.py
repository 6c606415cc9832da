"""`quietline carrier`: the stand-in for the carrier, on this machine alone."""

from __future__ import annotations

import os
import sys

import click

_EXAMPLE = "+447700900123"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8071, show_default=True, help="Of its REST API.")
@click.option("--url", default="", help="The webhook; the gateway's own here if not given.")
@click.option("--fallback", default="", help="The fallback address, tried where the webhook fails.")
@click.option("--sender", default=_EXAMPLE, show_default=True, help="Who texts.")
@click.option("--to", "recipient", required=True, help="The number or short code that is texted.")
def carrier(port: int, url: str, fallback: str, sender: str, recipient: str) -> None:
    """Stand in for Twilio: each line of standard input is a text, signed and delivered as Twilio does.

    Its REST API listens on 127.0.0.1: start the gateway with TWILIO_API_URL=http://127.0.0.1:8071, and
    TWILIO_API_KEY and TWILIO_API_SECRET as it prints them. The account and its token are the gateway's own.
    """
    from dataclasses import replace

    from gateway import secrets
    from gateway.channels.twilio import PublicUrls
    from gateway.standin.account import ACCOUNT
    from gateway.standin.delivery import Delivery
    from gateway.standin.rest import Carrier

    config = secrets.load(os.environ)
    account = replace(ACCOUNT, sid=config.twilio_account_sid, token=config.twilio_auth_token)
    delivery = Delivery(account, url or PublicUrls.under(config.public_url).inbound, fallback)
    with Carrier(account, port) as standin:
        click.echo(
            f"REST API at {standin.url}, TWILIO_API_KEY={account.api_key} TWILIO_API_SECRET={account.api_secret}"
        )
        for line in sys.stdin:
            message = standin.messages.receive(account.sid, sender, recipient, line.rstrip("\n"))
            done = delivery.deliver(message)
            said = "nobody answered" if done.body is None else done.body.decode("utf-8", "replace")
            click.echo(f"{message.sid} ({done.attempts}): {said}")
