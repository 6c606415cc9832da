"""The stand-in's messages, those sent to it and those it sends, in the shape in which the REST API shows them.

Source: https://www.twilio.com/docs/messaging/api/message-resource, .../media-resource
"""

from __future__ import annotations

import itertools
import threading
import time
from email.utils import formatdate
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from gateway.standin.forms import message_sid

INBOUND: Final = "inbound"
STOP: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START: Final = frozenset({"start", "yes", "unstop"})
HELP: Final = frozenset({"help", "info"})


def keyword(body: str, recipient: str) -> str | None:
    """What the carrier itself takes a whole message for, on a long code: STOP, START, HELP or nothing.

    A short code, and an address of another medium, leaves all of it to us.
    """
    if not recipient.startswith("+"):
        return None
    word = body.strip().lower()
    return next((name for name, words in (("STOP", STOP), ("START", START), ("HELP", HELP)) if word in words), None)


class Attachment(Struct, frozen=True):
    """One file of a message."""

    sid: str
    content_type: str
    content: bytes


class Message(Struct, frozen=True):
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
    media: tuple[Attachment, ...] = ()
    error_code: str = ""

    @property
    def uri(self) -> str:
        """Where it is served, without the ending."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}"

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
            "error_code": int(self.error_code) if self.error_code else None,
            "error_message": None,
            "from": self.sender,
            "to": self.recipient,
            "messaging_service_sid": None,
            "num_media": str(len(self.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "status": self.status,
            "uri": f"{self.uri}.json",
            "subresource_uris": {"media": f"{self.uri}/Media.json"},
        }

    def media_documents(self) -> list[dict[str, object]]:
        """Its files as JSON shows them."""
        return [
            {
                "sid": each.sid,
                "account_sid": self.account_sid,
                "parent_sid": self.sid,
                "content_type": each.content_type,
                "date_created": formatdate(self.created),
                "date_updated": formatdate(self.created),
                "uri": f"{self.uri}/Media/{each.sid}.json",
            }
            for each in self.media
        ]


class Messages:
    """Every message of the stand-in, safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(0xA000)
        self._kept: dict[str, Message] = {}
        self._stopped: set[tuple[str, str]] = set()

    def add(self, account_sid: str, sender: str, recipient: str, body: str, **more: object) -> Message:
        """Keeps a message under a new SID. `more` goes to Message."""
        with self._lock:
            sid = message_sid(next(self._numbers))
            message = Message(sid, account_sid, sender, recipient, body, **more)  # type: ignore[arg-type]
            self._kept[sid] = message
            return message

    def receive(self, account_sid: str, sender: str, recipient: str, body: str, **more: object) -> Message:
        """Keeps a text that somebody sent to us, and minds the words that block and unblock."""
        said = keyword(body, recipient)
        if said == "STOP":
            self._stopped.add((sender, recipient))
        elif said == "START":
            self._stopped.discard((sender, recipient))
        return self.add(account_sid, sender, recipient, body, **{"direction": INBOUND, "status": "received", **more})

    def keep(self, message: Message) -> None:
        """Keeps a message under the SID that it has."""
        with self._lock:
            self._kept[message.sid] = message

    def is_blocked(self, sender: str, recipient: str) -> bool:
        """Whether whoever would get this has said STOP to the sender."""
        return (recipient, sender) in self._stopped

    def note(self, sid: str, status: str, error_code: str = "") -> None:
        """A message has a new status; one that is deleted has none."""
        with self._lock:
            if (message := self._kept.get(sid)) is not None:
                self._kept[sid] = replace(message, status=status, error_code=error_code)

    def get(self, sid: str) -> Message | None:
        """The message of that SID."""
        with self._lock:
            return self._kept.get(sid)

    def delete(self, sid: str) -> bool:
        """Deletes a message with its files; False where there is none."""
        with self._lock:
            return self._kept.pop(sid, None) is not None

    def find(
        self, recipient: str | None = None, sender: str | None = None, since: float = 0.0, until: float = float("inf")
    ) -> list[Message]:
        """The messages to and from these addresses within a time (Unix seconds), newest first."""
        with self._lock:
            return [
                message
                for message in reversed(self._kept.values())
                if recipient in (None, message.recipient)
                and sender in (None, message.sender)
                and since <= message.created <= until
            ]
