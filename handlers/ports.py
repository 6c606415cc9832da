"""What the use cases need from outside, as small contracts.

DeliveryError
├── Retryable      try again later; `retry_after` seconds where the other side named them
├── SinkPaused     the whole sink is misconfigured or shut: pause it, probe it each minute
└── Parked         this one report is refused: a person must look, the others go on

SendError          a carrier did not take a text; `action` says what to do (see `SendAction`)
BadRequest         a request that is signed but does not hold together
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from msgspec import Struct, field


class DeliveryError(Exception):
    """A sink did not confirm a report. The text never holds content, only a cause such as `http 503`."""


class Retryable(DeliveryError):
    """The sink may take it later.

    Args:
        cause: short, free of content and addresses, such as `timeout` or `http 503`.
        retry_after: seconds the sink asked for, None where it named none.
    """

    def __init__(self, cause: str, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.retry_after = retry_after


class SinkPaused(DeliveryError):
    """The sink refuses everything (401, 403, 404, 410): nothing goes there until a probe succeeds."""


class Parked(DeliveryError):
    """The sink refuses this report for good (400, 413, 422)."""


class BadRequest(Exception):
    """A request whose signature holds and whose fields do not. The text names the field, never its value."""


class SendAction(Enum):
    """What to do with a text that a carrier did not take; the channel's error table decides."""

    RETRY = "retry"  # back off, with jitter, while the text is still worth sending
    RETRY_ONCE = "retry_once"  # staff texts once more after 10 minutes, answers not
    STOP_ADDRESS = "stop_address"  # no more sends to this address
    OPTED_OUT = "opted_out"  # the carrier blocks it after STOP: never resend
    STOP_SENDING = "stop_sending"  # credentials or configuration: alarm, keep all
    FLOOD = "flood"  # stop replying to this number for 60 s
    DROP = "drop"  # do not resend, review the wording
    UNKNOWN = "unknown"  # no answer: look it up at the carrier before another try


class SendError(Exception):
    """A carrier did not take a text.

    Args:
        action: what to do next.
        cause: the carrier's code or a short cause, without content or number.
    """

    def __init__(self, action: SendAction, cause: str) -> None:
        super().__init__(cause)
        self.action = action
        self.cause = cause


Replied: TypeAlias = str | Exception | None
"""What came of a text: the reply, None for no reply, or why it is not stored."""


class RawRequest(Struct, frozen=True):
    """A request as it came over the wire, free of any web framework.

    `path` is the path with its query as received, `headers` has lower-case names, `body` the raw bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class RawResponse(Struct, frozen=True):
    """What goes back over the wire."""

    status: int
    content_type: str
    body: bytes


class Media(Struct, frozen=True):
    """One attached file, still at the carrier: fetched later by a worker, never in the webhook."""

    url: str
    content_type: str


class InboundText(Struct, frozen=True):
    """One text that a channel has verified and parsed.

    `external_id` is the carrier's id, unique in its channel. `medium` is what stood before the first `:` of the
    address (`sms` where nothing did): one phone on SMS and WhatsApp is two conversations. `sender` and `recipient`
    are opaque addresses without the medium. `body` is normalised (`conversations.texts.normalise`); `altered` says
    that the normaliser had to change it. `carrier_answers` is the carrier's own keyword handling (`STOP`, `START`,
    `HELP`) or None. `extras` is other report content: a location pin, a button's payload, a decoded base64 body.
    """

    channel: str
    external_id: str
    medium: str
    sender: str
    recipient: str
    body: str
    altered: bool = False
    carrier_answers: str | None = None
    media: tuple[Media, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"InboundText(channel={self.channel!r})"


class StatusNote(Struct, frozen=True):
    """One status callback: how far a text of ours got. `status` is the carrier's word in lower case.

    `answers` is the id of the text that ours answered in the response; then `external_id`, its own, is new to us.
    """

    channel: str
    external_id: str
    status: str
    error_code: str | None
    answers: str | None = None


class OutboundText(Struct, frozen=True):
    """A text of ours to send by itself, not as an answer. `token` is our own id of the intent to send."""

    token: str
    medium: str
    sender: str
    recipient: str
    body: str

    def __repr__(self) -> str:
        return f"OutboundText(token={self.token!r})"


LETTERS_AT_ONCE = 100


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One text that is kept for a simulated phone: its id (ids ascend as text), who it is from, what it says."""

    id: str
    sender: str
    body: str


class Channel(Protocol):
    """One carrier: verify, parse, reply, send. A new carrier is one file that keeps this contract."""

    @property
    def name(self) -> str: ...

    @property
    def repeats(self) -> bool:
        """Whether the network may send one text twice under two ids (fault F2)."""
        ...

    @property
    def report_status(self) -> str:
        """The `status` of reports made over this channel: `live` or `test`."""
        ...

    def verify(self, request: RawRequest) -> bool:
        """Whether the request is from the carrier. Never raises."""
        ...

    def parse(self, request: RawRequest) -> InboundText:
        """The text in a verified request. Raises BadRequest where a field does not match its pattern."""
        ...

    def parse_status(self, request: RawRequest) -> StatusNote:
        """The status callback in a verified request. Raises BadRequest as `parse` does."""
        ...

    def reply(self, text: str | None, answers: str = "") -> RawResponse:
        """The answer to an inbound request; None says nothing. `answers` is the id of the text that it answers."""
        ...

    def send(self, text: OutboundText) -> str:
        """Sends a text by itself and returns the carrier's id. Raises SendError."""
        ...

    def find_sent(self, text: OutboundText, since: float) -> str | None:
        """The carrier's id of a text perhaps sent after `since` (Unix seconds), None if not. Raises SendError."""
        ...


class Delivery(Struct, frozen=True):
    """One revision of a report on its way to one sink.

    `document` is the canonical JSON in UTF-8. `created_at` is when the revision was made, in Unix seconds.
    """

    report_id: str
    revision: int
    kind: str
    organisation: str
    document: bytes
    created_at: float
    attempt: int

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this revision."""
        return f"{self.report_id}:{self.revision}"

    def __repr__(self) -> str:
        return f"Delivery({self.idempotency_key})"


class Sink(Protocol):
    """One place that reports are handed to."""

    @property
    def id(self) -> str: ...

    def wants(self, kind: str) -> bool:
        """Whether revisions of this kind go there at all (an inbox of e-mails skips `started` and `updated`)."""
        ...

    def deliver(self, delivery: Delivery) -> None:
        """Hands the revision over; returns once it is confirmed. Raises DeliveryError. Repeatable, thread-safe."""
        ...

    def close(self) -> None:
        """Gives back connections and files."""
        ...


class Doorbell(Protocol):
    """Wakes a forwarder. A nudge, never the truth: losing it only costs time."""

    def ring(self, outbox_ids: Sequence[int]) -> bool:
        """Says that these outbox rows are due. Never raises, never waits over 0.3 s; False where nobody heard it."""
        ...


class Clock(Protocol):
    """The time, so that tests can move it."""

    def now(self) -> float:
        """Unix seconds."""
        ...


class Organisation(Struct, frozen=True):
    """A force or an operator that takes reports: who it is, how it talks, where its reports go.

    `addresses` are the numbers, short codes or names that passengers text, each `medium:address` (`sms:61016`).
    `sinks` are the ids of its sinks. `confidential` is whose conduct is confidential for it (`police`,
    `rail_staff`): such reports go to `confidential_sinks` alone (R8). `operator` is the train operator that it is;
    `sink_operators` tells which of its sinks are an operator's, as (sink, operator). `area` are the countries
    and station codes that decide between places of one name. `people`: whether somebody may answer in the thread.
    Where no sink acknowledges a report within `acknowledge_within` seconds, the `contacts` are told, sinks too, one
    after another; of a confidential report the `confidential_contacts`. Numbers that begin with none of `prefixes`
    are heard and not answered (F17).
    """

    id: str
    name: str
    timezone: str
    languages: tuple[str, ...]
    flow: str
    addresses: tuple[str, ...]
    sinks: tuple[str, ...]
    confidential: tuple[str, ...] = ()
    confidential_sinks: tuple[str, ...] = ()
    operator: str | None = None
    sink_operators: tuple[tuple[str, str], ...] = ()
    area: tuple[str, ...] = ()
    people: bool = True
    acknowledge_within: float | None = None
    contacts: tuple[str, ...] = ()
    confidential_contacts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ("+44",)
