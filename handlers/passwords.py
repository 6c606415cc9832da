"""Passwords: Argon2id at 64 MiB, three passes, one lane, at most two at once (R16).

Sources: RFC 9106 (Argon2), NIST SP 800-63B-4 section 3.1.1 (length, no composition rules, a list of common ones).
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 15
LONGEST: Final = 256
_GUESSED: Final = 72  # letters that the estimate looks at: it grows with the square
_BYTES_KIB: Final = 64 * 1024
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=_BYTES_KIB, parallelism=1, type=Type.ID)
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def weakness(password: str, *known: str) -> str | None:
    """Why a password is not taken, as the end of a sentence; None where it is.

    Args:
        password: as typed; every letter counts, blanks too.
        known: what others know of its owner.
    """
    from zxcvbn import zxcvbn

    if len(password) < SHORTEST:
        return f"is shorter than {SHORTEST} letters"
    if len(password) > LONGEST:
        return f"is longer than {LONGEST} letters"
    if zxcvbn(password[:_GUESSED], user_inputs=["quietline", *known])["score"] < 3:
        return "is too easily guessed"
    return None


def hashed(password: str) -> str:
    """The Argon2id hash of a password, in PHC form."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, against: str | None) -> bool:
    """Whether a password has this hash. Without a hash as much work is done, and the answer is no (R16)."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(against or _nobody(), password[: LONGEST + 1]) and against is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
