"""Notices a carrier that does not accept our key or account, by what its sends come to."""

from __future__ import annotations

from collections.abc import Callable

from conversations.texts import segments
from gateway.metrics.meter import MeasuredSend
from handlers.ports import (
    Channel,
    InboundText,
    OutboundText,
    RawRequest,
    RawResponse,
    SendAction,
    SendError,
    StatusNote,
)


class WatchedChannel:
    """A channel as it is, watched while it sends. Thread-safe where the channel is; keeps `handlers.ports.Channel`.

    Args:
        channel: the channel.
        went_out: told of each text that was taken.
    """

    def __init__(self, channel: Channel, went_out: Callable[[MeasuredSend], None]) -> None:
        self._channel = channel
        self._went_out = went_out
        self.refused: str | None = None  # why our key or account is not accepted, as far as the last send tells

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._channel.name

    @property
    def repeats(self) -> bool:
        """As the channel says."""
        return self._channel.repeats

    @property
    def report_status(self) -> str:
        """As the channel says."""
        return self._channel.report_status

    def verify(self, request: RawRequest) -> bool:
        """As the channel does."""
        return self._channel.verify(request)

    def parse(self, request: RawRequest) -> InboundText:
        """As the channel does."""
        return self._channel.parse(request)

    def parse_status(self, request: RawRequest) -> StatusNote:
        """As the channel does."""
        return self._channel.parse_status(request)

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """As the channel does."""
        return self._channel.reply(text, answers)

    def send(self, text: OutboundText) -> str:
        """Sends, and notes whether the carrier takes texts from us."""
        try:
            sent = self._channel.send(text)
        except SendError as error:
            self._note(error)
            raise
        self.refused = None
        self._went_out(MeasuredSend(self.name, text.token, segments(text.body).count))
        return sent

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """Looks a text up, and notes whether the carrier answers us."""
        try:
            found = self._channel.find_sent(text, since)
        except SendError as error:
            self._note(error)
            raise
        self.refused = None
        return found

    def _note(self, error: SendError) -> None:
        if error.action is SendAction.STOP_SENDING:
            self.refused = error.cause
