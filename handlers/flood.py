"""What keeps a flood of texts from costing others: counts of one conversation, and of first answers (F16, F17).

All texts are stored. Of one number sixty in ten minutes move its conversation, the others are set aside, sealed; twenty
are answered. Of one conversation no more than a thousand are taken up: each turn and each revision holds them all. The
counts lie in the conversation's sealed state, which each turn reads and writes anyway.

Sources: THREATS F16, F17; of answers cost: twilio.com/docs/messaging/guides/sms-pumping-protection.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from conversations.session import Entry
from handlers.ports import Organisation

TEXTS: Final = 60
ANSWERS: Final = 20
SECONDS: Final = 600
MOST_TEXTS: Final = 1000
MOST_CHARACTERS: Final = 200_000
_USER_ID: Final = re.compile(r"([A-Z]{2})\.")
_HOME: Final = "GB"


class Tally(Struct, frozen=True):
    """When the last texts of a conversation came, and when they were answered, in whole Unix seconds."""

    texts: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()

    def recent(self, now: float) -> Tally:
        """What counts at `now`; times from the future, which a clock jump has left (F11), do not."""
        return Tally(_recent(self.texts, now), _recent(self.answers, now))

    @property
    def is_flood(self) -> bool:
        """Whether the next text is set aside."""
        return len(self.texts) >= TEXTS

    @property
    def may_answer(self) -> bool:
        """Whether another answer goes out."""
        return len(self.answers) < ANSWERS

    def with_text(self, now: float) -> Tally:
        """With one text more."""
        return Tally((*self.texts, int(now)), self.answers)

    def with_answer(self, now: float) -> Tally:
        """With one answer more."""
        return Tally(self.texts, (*self.answers, int(now)))


def is_full(account: Sequence[Entry]) -> bool:
    """Whether a conversation takes up no further text; it begins anew a day after the last that it took up."""
    return len(account) >= MOST_TEXTS or sum([len(entry.text) for entry in account]) >= MOST_CHARACTERS


def _recent(times: tuple[int, ...], now: float) -> tuple[int, ...]:
    return tuple(at for at in times if now - SECONDS < at <= now + 1)


NO_TALLY: Final = Tally()


class FirstAnswers:
    """How many new conversations one process answers in ten minutes; those that are open are answered always.

    Args:
        most: in any ten minutes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._given: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, now: float) -> bool:
        """Whether one more goes out at `now` (Unix seconds); it counts then."""
        with self._lock:
            while self._given and not now - SECONDS < self._given[0] <= now + SECONDS:
                self._given.popleft()
            if len(self._given) >= self._most:
                return False
            self._given.append(now)
            return True


def is_answered(organisation: Organisation, sender: str) -> bool:
    """Whether texts from such an address are answered: numbers of the listed prefixes, and what is no number abroad."""
    if sender.startswith("+"):
        return sender.startswith(organisation.prefixes)
    country = _USER_ID.match(sender)
    return country is None or country[1] == _HOME
