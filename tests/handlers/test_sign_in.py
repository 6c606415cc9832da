"""Signing in at the desk (R16)."""

from __future__ import annotations

import dataclasses

import pytest

from handlers import attempts, passwords, people, sign_in
from handlers.people import PersonError
from handlers.records.database import Database
from tests.fakes import Desk
from tests.handlers.desk_people import PASSWORD, code, hire, signed_in

HERE = "192.0.2.7"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def _enter(desk: Desk, typed: str, *, name: str = "rhian", password: str = PASSWORD, at: str = HERE) -> str | None:
    return sign_in.sign_in(desk.service, name, password, typed, at)


def test_r16_a_password_and_a_code_open_a_session_and_a_code_works_once(desk: Desk) -> None:
    rhian = hire(desk, "rhian", "dispatcher")
    first = code(desk, rhian)

    token = _enter(desk, first)

    assert token is not None
    person = sign_in.who(desk.service, token)
    assert person is not None
    assert person.has("btp", "dispatcher")
    assert not person.has("btp", "supervisor")
    assert not person.has("other", "dispatcher")
    assert _enter(desk, first) is None
    desk.clock.move(30)
    later = code(desk, rhian)
    assert _enter(desk, later) is not None
    assert _enter(desk, first) is None


def test_r16_nothing_alone_is_enough(desk: Desk) -> None:
    rhian = hire(desk, "rhian", "dispatcher")

    assert _enter(desk, "") is None
    assert _enter(desk, "000000", password=PASSWORD) is None or code(desk, rhian) == "000000"
    assert _enter(desk, code(desk, rhian), password="not the password") is None
    assert _enter(desk, code(desk, rhian), name="nobody") is None
    assert _enter(desk, "１２３４５６ \udcff\x00") is None


def test_r16_ten_failures_stop_one_account_and_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda password, against: against is not None and password == PASSWORD)
    rhian, tom = hire(desk, "rhian", "dispatcher"), hire(desk, "tom", "dispatcher")
    for _ in range(attempts.ACCOUNT_FAILURES):
        assert _enter(desk, "0", password="wrong") is None

    assert _enter(desk, code(desk, rhian)) is None
    assert _enter(desk, code(desk, tom), name="tom") is not None
    desk.clock.move(attempts.WINDOW_SECONDS + 1)
    assert _enter(desk, code(desk, rhian)) is not None


def test_r16_a_network_that_guesses_is_stopped_and_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda password, against: against is not None and password == PASSWORD)
    rhian = hire(desk, "rhian", "dispatcher")
    for number in range(attempts.NETWORK_FAILURES):
        assert _enter(desk, "0", name=f"guess{number}", at="198.51.100.1") is None

    assert _enter(desk, code(desk, rhian), at="198.51.100.1") is None
    assert _enter(desk, code(desk, rhian)) is not None


def test_r16_known_and_unknown_people_leave_the_same_trace(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    before = len(desk.rows("SELECT * FROM attempts"))
    _enter(desk, "0", password="wrong")
    known = len(desk.rows("SELECT * FROM attempts")) - before
    _enter(desk, "0", password="wrong", name="nobody")

    assert len(desk.rows("SELECT * FROM attempts")) - before == 2 * known
    assert not any("nobody" in str(row) or HERE in str(row) for row in desk.rows("SELECT * FROM attempts"))


@pytest.mark.parametrize("change", ["role", "password", "lock"])
def test_r16_a_change_of_role_password_or_lock_ends_the_session(desk: Desk, change: str) -> None:
    hire(desk, "rhian", "dispatcher")
    token = sign_in.by_link(desk.service, people.one_time_link(desk.service, "rhian"))
    assert token is not None
    assert sign_in.who(desk.service, token) is not None

    if change == "role":
        people.change_role(desk.service, "rhian", "btp", "supervisor")
    elif change == "password":
        people.reset(desk.service, "rhian")
    else:
        people.lock(desk.service, "rhian")

    assert sign_in.who(desk.service, token) is None


def test_r16_fifteen_idle_minutes_or_twelve_hours_end_it(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    idle = sign_in.by_link(desk.service, people.one_time_link(desk.service, "rhian")) or ""
    desk.clock.move(14 * 60)
    assert sign_in.who(desk.service, idle, active=False) is not None
    desk.clock.move(61)
    assert sign_in.who(desk.service, idle) is None

    busy = sign_in.by_link(desk.service, people.one_time_link(desk.service, "rhian")) or ""
    for _ in range(12 * 6 - 1):
        desk.clock.move(600)
        assert sign_in.who(desk.service, busy) is not None
    desk.clock.move(600)
    assert sign_in.who(desk.service, busy) is None


def test_f11_a_clock_that_jumps_ends_sessions_and_never_makes_them_last(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    token = sign_in.by_link(desk.service, people.one_time_link(desk.service, "rhian")) or ""
    desk.clock.move(-3600)

    assert sign_in.who(desk.service, token) is None


def test_a_link_signs_in_once_and_for_ten_minutes(desk: Desk) -> None:
    hire(desk, "rhian", "dispatcher")
    link = people.one_time_link(desk.service, "rhian")

    assert sign_in.by_link(desk.service, link) is not None
    assert sign_in.by_link(desk.service, link) is None
    late = people.one_time_link(desk.service, "rhian")
    desk.clock.move(601)
    assert sign_in.by_link(desk.service, late) is None


def test_in_production_there_is_no_link_and_no_way_in_without_a_passkey(desk: Desk) -> None:
    link_from_before = (hire(desk, "rhian", "dispatcher"), people.one_time_link(desk.service, "rhian"))[1]
    boss = hire(desk, "boss", "administrator")
    desk.service = dataclasses.replace(desk.service, production=True)

    assert sign_in.by_link(desk.service, link_from_before) is None
    with pytest.raises(PersonError):
        people.one_time_link(desk.service, "rhian")
    assert _enter(desk, code(desk, boss), name="boss") is None


def test_r16_one_session_alone_for_the_confidential_team(desk: Desk) -> None:
    hire(desk, "standards", "confidential")
    first = sign_in.by_link(desk.service, people.one_time_link(desk.service, "standards")) or ""
    second = sign_in.by_link(desk.service, people.one_time_link(desk.service, "standards")) or ""

    assert sign_in.who(desk.service, first) is None
    assert sign_in.who(desk.service, second) is not None


@pytest.mark.parametrize(
    "password",
    ["short", "aaaaaaaaaaaaaaaaaaaa", "passwordpassword1", "quietlinequietline", "rhian rhian rhian", "x" * 300],
)
def test_r16_weak_passwords_are_refused(desk: Desk, password: str) -> None:
    with pytest.raises(PersonError):
        people.add(desk.service, "rhian", "Rhian", password)


def test_a_welsh_passphrase_of_any_letters_is_taken() -> None:
    assert passwords.weakness("cŵn bach yn cysgu'n dawel wrth y tân") is None
    hashed = passwords.hashed("cŵn bach yn cysgu'n dawel wrth y tân")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_the_database_holds_no_password_no_secret_and_no_token(desk: Desk) -> None:
    rhian = hire(desk, "rhian", "dispatcher")
    token = sign_in.by_link(desk.service, people.one_time_link(desk.service, "rhian")) or ""

    held = str([desk.rows(f"SELECT * FROM {table}") for table in ("people", "sessions", "sign_in_links")])  # noqa: S608

    assert not any(secret in held for secret in (PASSWORD, rhian.secret, token))
    assert PASSWORD not in repr(rhian)
    assert signed_in(desk, "rhian").name == "rhian"
