"""Accounts for tests: who they are, and the code that their authenticator shows."""

from __future__ import annotations

from typing import Final
from unittest import mock

import pyotp
from argon2 import PasswordHasher, Type

from handlers import passwords, people, sign_in
from handlers.people import Enrolled
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from tests.fakes import Desk, FakeSink, organisation

PASSWORD = "violet-harbour-mistake-42"
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=Type.ID)


def two_forces(database: Database, *languages: str) -> Desk:
    """A desk of two forces: `btp`, where reports about police are confidential, in these languages, and `other`."""
    forces = (
        organisation(
            flow="railway", languages=languages or ("en",), confidential=("police",), confidential_sinks=("room",)
        ),
        organisation("other", "sms:61017", flow="railway"),
    )
    return Desk.build(database, sinks=[FakeSink()], organisations=forces)


def hire(desk: Desk, name: str, *roles: str, organisation: str = "btp", shown: str | None = None) -> Enrolled:
    """A new account with these roles, whose password is quick to check: the hash itself says how much work it takes."""
    with mock.patch.object(passwords, "_HASHER", QUICK):
        enrolled = people.add(desk.service, name, shown or name.title(), PASSWORD)
    for role in roles:
        people.change_role(desk.service, name, organisation, role)
    return enrolled


def code(desk: Desk, enrolled: Enrolled) -> str:
    """What the authenticator shows now."""
    return pyotp.TOTP(enrolled.secret).at(int(desk.clock.now()))


def signed_in(desk: Desk, name: str) -> SignedIn:
    """Somebody at the desk, without the slow part of signing in."""
    token = sign_in.by_link(desk.service, people.one_time_link(desk.service, name))
    assert token is not None
    found = sign_in.who(desk.service, token)
    assert found is not None
    return found
