"""What Twilio keeps of the texts that were sent to us: listed and deleted over its REST interface.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gateway.channels.addresses import join_address
from gateway.channels.twilio_fields import inbound_text
from gateway.channels.twilio_rest import TwilioRest
from handlers.ports import BadRequest, SendError
from handlers.reconciling import Listed

NAME: Final = "twilio"
_PAGE: Final = 1000
_INBOUND: Final = "inbound"
_TOO_EARLY: Final = "20009"
_GONE: Final = ("20404", "http 404")
_FILES_AT: Final = "https://api.twilio.com"


class TwilioArchive(TwilioRest):
    """One account's messages; keeps `handlers.reconciling.Archive`."""

    channel = NAME

    def received(self, medium: str, recipient: str, since: float, until: float) -> Sequence[Listed]:
        """The texts to one address of ours in a time (Unix seconds). Raises SendError."""

        def look(client: Any) -> list[Listed]:
            messages = client.messages.stream(
                to=join_address(medium, recipient),
                date_sent_after=datetime.fromtimestamp(since, UTC),
                date_sent_before=datetime.fromtimestamp(until, UTC),
                page_size=_PAGE,
            )
            return list(_listed(client, messages, since, until))

        return self._attempt(look)

    def delete(self, external_id: str) -> bool:
        """Deletes a message with its files; True where it is gone, False where it is too early. Raises SendError."""
        try:
            return self._attempt(lambda client: bool(client.messages(external_id).delete()))
        except SendError as error:
            if error.cause in _GONE:
                return True
            if error.cause == _TOO_EARLY:
                return False
            raise


def _listed(client: Any, messages: Any, since: float, until: float) -> Iterator[Listed]:
    """The inbound ones. What cannot be read as a text is passed over: another look would not help."""
    for message in messages:
        at = message.date_sent or message.date_created
        if message.direction != _INBOUND or not isinstance(at, datetime) or not since <= at.timestamp() <= until:
            continue
        try:
            yield Listed(inbound_text(NAME, list(_pairs(client, message))), at.timestamp())
        except BadRequest:
            continue


def _pairs(client: Any, message: Any) -> Iterator[tuple[str, str]]:
    """The message as the webhook would have brought it."""
    count = int(message.num_media or 0)
    yield from (("MessageSid", message.sid), ("From", message.from_), ("To", message.to))
    yield from (("Body", message.body or ""), ("NumMedia", str(count)))
    for number, each in enumerate(client.messages(message.sid).media.list() if count else ()):
        yield f"MediaUrl{number}", _FILES_AT + str(each.uri).removesuffix(".json")
        yield f"MediaContentType{number}", each.content_type
