"""Takes a text in, once, and answers it: the durable turn.

    1. the turn is worked out from the conversation as it stands (`turns.prepare`), outside any transaction
    2. one write transaction; the inbox row comes first, unique by channel and carrier's id
    3. inside a savepoint: lock the conversation; if it has moved meanwhile, work the turn out again; write state,
       report revision and outbox rows
    4. the reply is stored with the row, so the same text again gets the same reply
    5. after the commit, and only then, the doorbell rings

Texts that come while another is being written share the next transaction, all that are there when the lock is had:
one sync answers them all, and each was worked out meanwhile.

If step 3 raises, the savepoint goes and the row stays, due again: the reporter gets the flow's safe sentence and
the clock takes the turn through the same code (`handlers.retaking`). If the commit fails the caller gets
StoreError, nothing is stored, and the carrier is told so: it tries again.

Safe to repeat: a carrier's id counts once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct, field

from conversations.turn import Text
from handlers import flood, status, stored_texts, turns
from handlers.danger import in_danger
from handlers.erasure import digests, is_known
from handlers.outbound import queue_late_answer
from handlers.ports import Channel, Doorbell, InboundText, Organisation
from handlers.records import conversations, heartbeats, inbox
from handlers.records.company import Lead, PassOn, TooLong
from handlers.records.conversations import ConversationRow
from handlers.records.database import Database, StoreBusy, StoreError, Transaction
from handlers.records.erasure import is_known as erased
from handlers.service import Front, Service, milliseconds, months
from handlers.vault import DataKey, Place

REPEAT_SECONDS = 4.0
FIRST_RETRY_SECONDS = 5.0
# After a keyword that the carrier answered itself ours goes by itself; after STOP nothing does.
_ANSWERED_LATER = ("HELP", "START")

log = logging.getLogger("quietline.inbound")


class Arrival(Struct, frozen=True):
    """One text on its way in: whose it is, when it is taken (Unix seconds), its row's key, its conversation's indexes.

    `held` texts come too late for an answer: kept with the report, without a step. `came` is when it came, where that
    is not when it is taken.
    """

    channel: Channel
    organisation: Organisation
    text: InboundText
    now: float
    row_key: DataKey
    indexes: list[str]
    held: bool = False
    came: float | None = None

    def place(self, column: str) -> Place:
        """Where a sealed value of the inbox row stands."""
        return inbox.place(self.text.channel, self.text.external_id, column)


class Taken(Struct, frozen=True):
    """What one text led to: the prepared turn, and the inbox row's own values. `key` and `sealed_reply` are sealed.

    `said` is what may be said at all, `reply` what is said now. `begins_flood`: whoever sent it has sent too many.
    """

    turn: turns.Prepared
    said: str | None
    reply: str | None
    state: str
    key: bytes
    sealed_reply: bytes | None
    begins_flood: bool = False


class NotTaken(StoreError):
    """Nobody has come to the text yet."""


class Taking(Struct):
    """What came of a text: the reply, or an error; the reply holds once `error` is None."""

    reply: str | None = None
    error: Exception | None = field(default_factory=lambda: NotTaken("the text was not taken"))


class Unowned(Taking, kw_only=True):
    """A text to an address that no organisation has: kept for a person, never refused."""

    text: InboundText
    key: DataKey
    now: float


class Waiting(Taking, kw_only=True):
    """A text that is waited for, what is foreseen of it, and the outbox rows that came of it."""

    service: Service
    arrival: Arrival
    foreseen: Taken | None = None
    body: bytes = b""
    rung: list[int] = field(default_factory=list)


def receive(service: Service, doorbell: Doorbell, channel: Channel, text: InboundText) -> str | None:
    """Stores a text, takes its turn and returns the reply, None where nothing is said.

    Raises StoreError where nothing could be stored.
    """
    [answer] = receive_all(service, doorbell, ((channel, text),))
    if answer.error is not None:
        raise answer.error
    return answer.reply


def receive_all(service: Service, doorbell: Doorbell, texts: Sequence[tuple[Channel, InboundText]]) -> list[Taking]:
    """The same for texts that have come by now, in their order, where it can be with one commit for all."""
    answers = [_arrived(service, channel, text) for channel, text in texts]
    waiting = [each for each in answers if isinstance(each, Waiting)]
    try:
        service.database.together(waiting, _is_foreseen, take_waiting)
    except Exception as error:  # noqa: BLE001 - noted with those that it befell
        for each in waiting:
            if isinstance(each.error, NotTaken):
                each.error = error
    busy = next((each.error for each in waiting if isinstance(each.error, StoreBusy)), None)
    for unowned in (each for each in answers if isinstance(each, Unowned)):
        unowned.error = busy or _hold(service, unowned)
        busy = busy or (unowned.error if isinstance(unowned.error, StoreBusy) else None)
    if rung := [row for each in waiting if each.error is None for row in each.rung]:
        doorbell.ring(rung)
    return answers


def _arrived(service: Service, channel: Channel, text: InboundText) -> Taking:
    try:
        now = service.clock.now()
        organisation = service.directory.of(text.medium, text.recipient)
        row_key = DataKey(f"{text.channel}:{text.external_id}", secrets.token_bytes(32))
        if organisation is None:
            return Unowned(text=text, key=row_key, now=now)
        arrival = Arrival(channel, organisation, text, now, row_key, indexes(service, organisation, text, now))
        return Waiting(service=service, arrival=arrival)
    except Exception as error:  # noqa: BLE001 - noted where the text is answered; others come with it
        return Taking(error=error)


def _is_foreseen(waiting: Waiting) -> bool:
    try:
        foresee(waiting)
    except Exception as error:  # noqa: BLE001 - the same
        waiting.error = error
        return False
    return True


def take_waiting(own: Waiting, lead: Lead) -> None:
    """Takes the texts that have come by the time the lock is had, in one transaction; each by itself where that fails.

    An error is noted where it is waited for. Raises TooLong where the lock was not to be had.
    """
    try:
        _take(own.service.database, lead.board, lead.pass_on)
    except StoreBusy as error:
        for each in lead.jobs:  # who was not taken along has patience left, but for those that came with these
            each.error = error
        raise TooLong from None
    except Exception as error:  # noqa: BLE001 - raised where the text is waited for
        _take_each(lead.board(), error)


def _take_each(waiting: Sequence[Waiting], error: Exception) -> None:
    if len(waiting) == 1:
        waiting[0].error = error
        return
    for each in waiting:
        try:
            _take(each.service.database, partial(list, (each,)))
        except Exception as own:  # noqa: BLE001 - the same
            each.error = own


def _take(database: Database, board: Callable[[], Sequence[Waiting]], pass_on: PassOn | None = None) -> None:
    with database.write(pass_on) as tx:
        waiting = board()
        for each in waiting:
            each.reply, each.rung = _receive(each.service, tx, each.arrival, each.foreseen, each.body)
    for each in waiting:
        each.error = None


def foresee(waiting: Waiting) -> None:
    """Works the turn out as the conversation stands now, and seals the text: nobody has to wait for these."""
    service, arrival = waiting.service, waiting.arrival
    with service.database.turn() as look:
        try:
            waiting.foreseen = work_out(service, arrival, find(service, look, arrival, lock=False))
        except Exception as error:  # noqa: BLE001 - it shows again, and is dealt with, inside the transaction
            if service.database.has_waited(error):  # not to wait as long once more: the carrier does not
                raise StoreBusy("a lock was not to be had") from None
    waiting.body = stored_texts.sealed_body(arrival.text, arrival.row_key)


def _receive(
    service: Service, tx: Transaction, arrival: Arrival, foreseen: Taken | None, body: bytes
) -> tuple[str | None, list[int]]:
    number = _add(service, tx, arrival, body, foreseen)
    if number is None:
        return stored_texts.stored_reply(service, tx, arrival.text.channel, arrival.text.external_id), []
    try:
        with tx.savepoint():
            taken, rung = take(service, tx, arrival, foreseen)
    except Exception as error:  # noqa: BLE001 - whatever a turn raises, the text itself is kept
        return _postpone(service, tx, number, arrival, error), []
    if taken is not foreseen:
        settle(tx, number, arrival, taken)
    return taken.reply, rung


def find(service: Service, tx: Transaction, arrival: Arrival, *, lock: bool) -> ConversationRow | None:
    """The stored conversation of the text's sender."""
    return conversations.find(tx, arrival.indexes, lock=lock and not service.database.is_sqlite)


def indexes(service: Service, organisation: Organisation, text: InboundText, now: float) -> list[str]:
    """The keyed indexes that the sender's conversation may stand under, the one to write first (R20)."""
    return service.ring.indexes(months(now), organisation.id, text.channel, text.medium, text.sender)


def take(service: Service, tx: Transaction, arrival: Arrival, foreseen: Taken | None = None) -> tuple[Taken, list[int]]:
    """Writes the text's turn, inside the caller's savepoint: the foreseen one if it still holds."""
    if not service.database.is_sqlite:
        conversations.lock_address(tx, arrival.indexes)
    taken, rung = foreseen, None if foreseen is None else turns.write_if_unmoved(tx, foreseen.turn)
    if taken is None or rung is None:
        taken, rung = _take_anew(service, tx, arrival, foreseen)
    if taken.begins_flood:
        log.error("a number floods %s, its further texts are set aside", arrival.organisation.id)
        heartbeats.beat(tx, f"{status.FLOOD}.{arrival.organisation.id}", milliseconds(arrival.now))
    said = taken.said
    if arrival.text.carrier_answers in _ANSWERED_LATER and said and not arrival.held:
        received_at = milliseconds(arrival.now)
        queue_late_answer(
            tx, taken.turn.conversation, taken.turn.report_key, said, received_at=received_at, now=arrival.now
        )
    return taken, rung


def _take_anew(service: Service, tx: Transaction, arrival: Arrival, foreseen: Taken | None) -> tuple[Taken, list[int]]:
    """The same with the conversation read and locked first."""
    row = find(service, tx, arrival, lock=True)
    taken = foreseen
    if taken is None or not taken.turn.is_for(row):
        taken = work_out(service, arrival, row)
    rung = turns.close(service, tx, row, arrival.now) if row is not None and turns.is_over(row, arrival.now) else []
    return taken, rung + turns.write(tx, taken.turn)


def work_out(service: Service, arrival: Arrival, row: ConversationRow | None) -> Taken:
    """The turn of a text, from the conversation as it stands."""
    opened, replaces = _open(service, arrival, row)
    tally = opened.memory.tally.recent(arrival.now)
    memory = turns.Memory(opened.digest(arrival.text.body), arrival.came or arrival.now, tally.with_text(arrival.now))
    repeat = arrival.channel.repeats and memory.is_repeat_of(opened.memory, REPEAT_SECONDS)
    if not (tally.is_flood or flood.is_full(opened.session.account)):
        event = _event(arrival, repeat, held=arrival.held)
    elif not opened.session.alarmed and in_danger(service, arrival.organisation, arrival.text.body):
        event = _event(arrival, repeat=False, held=True)
    else:
        return _taken(arrival, turns.untouched(opened), None, state="aside")
    turn = turns.prepare(
        service, opened, event, arrival.now, memory=memory, index=arrival.indexes[0], replaces=replaces
    )
    said = turn.outcome.reply if _may_say(service, arrival, opened, turn, tally) else None
    begins_flood = len(tally.texts) == flood.TEXTS - 1 or flood.is_full(turn.outcome.session.account)
    return _taken(arrival, turn, said, state="repeat" if event.repeat else "taken", begins_flood=begins_flood)


def _taken(
    arrival: Arrival, turn: turns.Prepared, said: str | None, *, state: str, begins_flood: bool = False
) -> Taken:
    reply = said if arrival.text.carrier_answers is None else None
    key = turn.report_key.seal(arrival.row_key.secret, arrival.place("key"))
    return Taken(turn, said, reply, state, key, _sealed_reply(arrival, reply), begins_flood)


def _may_say(
    service: Service, arrival: Arrival, opened: turns.Opened, turn: turns.Prepared, tally: flood.Tally
) -> bool:
    """Whether the answer goes out: to numbers that are answered, as often as they are; advice in new danger always."""
    if turn.outcome.reply is None or not flood.is_answered(arrival.organisation, arrival.text.sender):
        return False
    if turn.outcome.session.alarmed and not opened.session.alarmed:
        return True
    if opened.new_report is not None and service.first_answers is not None:
        return service.first_answers.take(arrival.now)
    return tally.may_answer


def _event(arrival: Arrival, repeat: bool, *, held: bool) -> Text:
    text = arrival.text
    notes = tuple(media.content_type.partition("/")[0] or "file" for media in text.media)
    return Text(text.body, repeat=repeat, held=held, carrier=text.carrier_answers, notes=notes)


def _open(
    service: Service, arrival: Arrival, row: ConversationRow | None
) -> tuple[turns.Opened, ConversationRow | None]:
    """The sender's open conversation; or a new one, with the day-old or unreadable one that it replaces."""
    if row is not None and not turns.is_over(row, arrival.now):
        try:
            return turns.open_row(service, row), None
        except turns.Lost as lost:
            log.error("conversation %s closed, its stored state is unknown: %s", row.id, lost)
    text = arrival.text
    opened = turns.begin(
        service,
        arrival.organisation,
        channel=text.channel,
        medium=text.medium,
        sender=text.sender,
        recipient=text.recipient,
        status=arrival.channel.report_status,
        index=arrival.indexes[0],
        now=arrival.now,
    )
    return opened, row


def _add(service: Service, tx: Transaction, arrival: Arrival, body: bytes, foreseen: Taken | None) -> int | None:
    """The inbox row, with all that is foreseen of it already in it; None where the text was taken before."""
    text, at = arrival.text, milliseconds(arrival.now)
    digest, *others = digests(service.ring, text.channel, text.external_id)
    if others and erased(tx, others):
        return None
    if foreseen is None:
        return inbox.add(tx, text.channel, text.external_id, at, body, digest=digest)
    return inbox.add(
        tx,
        text.channel,
        text.external_id,
        at,
        body,
        organisation=arrival.organisation.id,
        report_id=foreseen.turn.conversation.report_id,
        state=foreseen.state,
        key=foreseen.key,
        reply=foreseen.sealed_reply,
        digest=digest,
    )


def settle(tx: Transaction, number: int, arrival: Arrival, taken: Taken) -> None:
    """Notes in the inbox row what became of it."""
    inbox.settle(
        tx,
        number,
        state=taken.state,
        organisation=arrival.organisation.id,
        report_id=taken.turn.conversation.report_id,
        key=taken.key,
        reply=taken.sealed_reply,
    )


def _sealed_reply(arrival: Arrival, reply: str | None) -> bytes | None:
    return None if reply is None else arrival.row_key.seal(reply.encode(), arrival.place("reply"))


def _hold(service: Service, unowned: Unowned) -> Exception | None:
    """Stores a text to nobody, or says why not."""
    text, key = unowned.text, unowned.key
    try:
        with service.database.write() as tx:
            number = None
            if not is_known(service, tx, text.channel, text.external_id):
                body, at = stored_texts.sealed_body(text, key), milliseconds(unowned.now)
                number = inbox.add(tx, text.channel, text.external_id, at, body)
            if number is not None:
                own = stored_texts.alone(service, text, key)
                inbox.postpone(tx, number, state="held", organisation=None, attempts=1, due_at=None, reply=None, **own)
    except Exception as error:  # noqa: BLE001 - noted where the text is answered
        return error
    if number is not None:
        log.error("a text to an address of no organisation is held: row %d", number)
    return None


def _postpone(service: Service, tx: Transaction, number: int, arrival: Arrival, error: Exception) -> str | None:
    """The turn failed: the row is due again, and the reporter is told that the text came."""
    log.error("the turn of row %d failed (%s), it is taken again", number, type(error).__name__)
    reply = safe_reply(service, arrival.organisation, arrival.text)
    inbox.postpone(
        tx,
        number,
        state="due",
        organisation=arrival.organisation.id,
        attempts=1,
        due_at=milliseconds(arrival.now + FIRST_RETRY_SECONDS),
        reply=_sealed_reply(arrival, reply),
        **stored_texts.alone(service, arrival.text, arrival.row_key),
    )
    return reply


def safe_reply(service: Front, organisation: Organisation, text: InboundText) -> str | None:
    """The flow's sentence for a text whose turn is still to be taken; nothing where the flow itself is what failed."""
    if text.carrier_answers or not flood.is_answered(organisation, text.sender):
        return None
    try:
        return service.flows.current(organisation.flow).safe.get(organisation.languages[0])
    except LookupError:
        return None
