"""The stand-in's messages: what it took, in the shape in which the REST API shows it.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate

from tests.carrier.forms import message_sid


@dataclass(frozen=True)
class Message:
    """One message; `created` is in Unix seconds, `date_sent` stays absent while it is queued."""

    sid: str
    account_sid: str
    sender: str
    recipient: str
    body: str
    created: float = field(default_factory=time.time)
    direction: str = "outbound-api"
    status: str = "queued"
    status_callback: str = ""

    def document(self) -> dict[str, object]:
        """The message as JSON shows it."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": formatdate(self.created),
            "date_updated": formatdate(self.created),
            "date_sent": None if self.status == "queued" else formatdate(self.created),
            "direction": self.direction,
            "error_code": None,
            "error_message": None,
            "from": self.sender,
            "to": self.recipient,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "status": self.status,
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}.json",
            "subresource_uris": {},
        }


class Messages:
    """Every message of the stand-in, safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(0xA000)
        self._kept: list[Message] = []

    def add(self, account_sid: str, sender: str, recipient: str, body: str, **more: str | float) -> Message:
        """Keeps a message under a new SID. `more` goes to Message."""
        with self._lock:
            sid = message_sid(next(self._numbers))
            message = Message(sid, account_sid, sender, recipient, body, **more)  # type: ignore[arg-type]
            self._kept.append(message)
            return message

    def find(self, recipient: str | None = None, sender: str | None = None) -> list[Message]:
        """The messages to and from these addresses, newest first."""
        with self._lock:
            return [
                message
                for message in reversed(self._kept)
                if recipient in (None, message.recipient) and sender in (None, message.sender)
            ]
