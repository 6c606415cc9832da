"""Where the terminal phone fetches what it was sent."""

from __future__ import annotations

from flask import Blueprint

from gateway.channels.simulator import SimulatorChannel
from gateway.web.webhook import signed


def blueprint(channel: SimulatorChannel) -> Blueprint:
    """POST /simulator/texts: a signed question, because a number must not stand in an address."""
    phone = Blueprint("phone", __name__, url_prefix=f"/{channel.name}")
    phone.add_url_rule(
        "/texts", "texts", signed(channel.verify, channel.fetch), methods=["POST"], provide_automatic_options=False
    )
    return phone
