"""The channel of exercises: nothing comes in by the web, nobody reads what it is sent."""

from __future__ import annotations

from typing import Final

from handlers.ports import BadRequest, InboundText, OutboundText, RawRequest, RawResponse, StatusNote

CHANNEL: Final = "exercise"


class ExerciseChannel:
    """Its reports are exercises (`handlers.exercises`). Keeps `handlers.ports.Channel`."""

    name = CHANNEL
    repeats = False
    report_status = "exercise"

    def verify(self, request: RawRequest) -> bool:
        """Never."""
        return False

    def parse(self, request: RawRequest) -> InboundText:
        """Raises BadRequest."""
        raise BadRequest("there is none")

    def parse_status(self, request: RawRequest) -> StatusNote:
        """Raises BadRequest."""
        raise BadRequest("there is none")

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """Nothing."""
        return RawResponse(200, "text/plain", b"")

    def send(self, text: OutboundText) -> str:
        """Takes a text."""
        return text.token

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """The id of such a text."""
        return text.token
