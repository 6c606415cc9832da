"""Where the terminal phone fetches what it was sent."""

from __future__ import annotations

from flask import Blueprint

from gateway.channels.simulator import SimulatorChannel
from gateway.web.webhook import signed, view


def blueprint(channel: SimulatorChannel) -> Blueprint:
    """POST /simulator/texts: a signed question, because a number must not stand in an address."""
    phone = Blueprint("phone", __name__, url_prefix=f"/{channel.name}")
    answered = view(signed(channel.verify, channel.fetch))
    phone.add_url_rule("/texts", "texts", answered, methods=["POST"], provide_automatic_options=False)
    return phone
