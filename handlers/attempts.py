"""Failed attempts to sign in, counted for each account and each network apart: nobody can lock everybody out (R16)."""

from __future__ import annotations

from typing import Final

from handlers.networks import network_of
from handlers.records import people
from handlers.records.database import Transaction
from handlers.service import Service, milliseconds

WINDOW_SECONDS: Final = 15 * 60
ACCOUNT_FAILURES: Final = 10
NETWORK_FAILURES: Final = 100


def of_account(service: Service, name: str) -> str:
    """The keyed index that an account's attempts stand under, known or not."""
    return service.ring.indexes(["sign-in"], "account", name)[0]


def of_network(service: Service, address: str) -> str:
    """The keyed index that a network's attempts stand under."""
    return service.ring.indexes(["sign-in"], "network", network_of(address))[0]


def account_braked(service: Service, tx: Transaction, account: str) -> bool:
    """Whether an account has failed too often of late."""
    return people.failures(tx, account, _since(service)) >= ACCOUNT_FAILURES


def network_braked(service: Service, tx: Transaction, network: str) -> bool:
    """Whether a network has failed too often of late."""
    return people.failures(tx, network, _since(service)) >= NETWORK_FAILURES


def failed(service: Service, tx: Transaction, *subjects: str) -> None:
    """Notes an attempt that failed, under each of its subjects."""
    for subject in subjects:
        people.failed(tx, subject, milliseconds(service.clock.now()))


def _since(service: Service) -> int:
    return milliseconds(service.clock.now() - WINDOW_SECONDS)
