"""Sealing: nothing opens with another key, in another place, or altered; keys rotate; numbers are not guessed."""

from __future__ import annotations

import base64
import json
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.secrets import new_key_ring
from handlers.vault import KeyRing, NotOpened, Place, UnknownKey, VaultError
from tests.fakes import new_ring

HERE = Place("inbox", "SM1", "body")


@given(st.binary(max_size=500))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    key, _ = new_ring().new_key("content", "r1", HERE)
    assert key.open(key.seal(plain, HERE), HERE) == plain


@pytest.mark.parametrize(
    "elsewhere",
    [Place("outbox", "SM1", "body"), Place("inbox", "SM2", "body"), Place("inbox", "SM1", "reply"),
     Place("inboxS", "M1", "body")],
)  # fmt: skip
def test_r19_moved_elsewhere_it_does_not_open(elsewhere: Place) -> None:
    ring = new_ring()
    key, wrapped = ring.new_key("content", "r1", HERE)
    with pytest.raises(NotOpened):
        key.open(key.seal(b"words", HERE), elsewhere)
    with pytest.raises(NotOpened):
        ring.unwrap("content", "r1", wrapped, elsewhere)
    assert ring.unwrap("content", "r1", wrapped, HERE) == key


def test_every_single_altered_byte_is_noticed() -> None:
    key, _ = new_ring().new_key("content", "r1", HERE)
    sealed = key.seal(b"words", HERE)
    for index in range(len(sealed)):
        altered = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(NotOpened):
            key.open(altered, HERE)
    for short in (b"", sealed[:5], sealed[:12]):
        with pytest.raises(NotOpened):
            key.open(short, HERE)


def test_q11_nonces_do_not_repeat() -> None:
    key, _ = new_ring().new_key("content", "r1", HERE)
    assert len({key.seal(b"", HERE)[:12] for _ in range(20_000)}) == 20_000


def test_f14_an_old_master_key_still_opens_after_rotation() -> None:
    document = new_key_ring()
    old = KeyRing.from_json(json.dumps(document))
    key, wrapped = old.new_key("content", "r1", HERE)
    address = old.seal_address("+447700900001", HERE)
    for purpose in document:
        document[purpose]["keys"]["newer"] = base64.b64encode(secrets.token_bytes(32)).decode()
        document[purpose]["current"] = "newer"
    new = KeyRing.from_json(json.dumps(document))
    assert new.unwrap("content", "r1", wrapped, HERE).secret == key.secret
    assert new.open_address(address, HERE) == "+447700900001"
    assert new.new_key("content", "r2", HERE)[1].startswith(b"newer\0")
    assert set(old.indexes(["2026-11"], "a")) < set(new.indexes(["2026-11"], "a"))
    with pytest.raises(UnknownKey):
        old.unwrap("content", "r1", new.wrap("content", key, HERE), HERE)


def test_r20_a_process_with_the_public_half_seals_numbers_and_opens_none() -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    document = new_key_ring()
    private = document["sending"]["keys"]["s1"]
    public = X25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key().public_bytes_raw()
    whole = KeyRing.from_json(json.dumps(document))
    document["sending"]["keys"]["s1"] = {"public": base64.b64encode(public).decode()}
    half = KeyRing.from_json(json.dumps(document))
    sealed = half.seal_address("+447700900001", HERE)
    assert whole.open_address(sealed, HERE) == "+447700900001"
    with pytest.raises(UnknownKey):
        half.open_address(sealed, HERE)
    with pytest.raises(NotOpened):
        whole.open_address(sealed, Place("inbox", "SM2", "body"))


def test_q11i_an_index_needs_the_key_the_month_and_every_field() -> None:
    ring, other = new_ring(), new_ring()
    fields = ("btp", "twilio", "sms", "+447700900001")
    [index] = ring.indexes(["2026-11"], *fields)
    different = [
        other.indexes(["2026-11"], *fields),
        ring.indexes(["2026-12"], *fields),
        ring.indexes(["2026-11"], "btp", "twilio", "sms", "+447700900002"),
        ring.indexes(["2026-11"], "btpt", "wilio", "sms", "+447700900001"),
    ]
    assert all(each != [index] for each in different)
    assert ring.indexes(["2026-11"], *fields) == [index]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"content": 1}', "not json",
     json.dumps(new_key_ring() | {"content": {"current": "x", "keys": {}}}),
     json.dumps(new_key_ring() | {"index": {"current": "i1", "keys": {"i1": "short"}}}),
     json.dumps(new_key_ring() | {"sending": {"current": "s1", "keys": {"s1": "AAAA"}}})],
)  # fmt: skip
def test_a_wrong_key_ring_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(VaultError) as refusal:
        KeyRing.from_json(text)
    assert "AAAA" not in str(refusal.value)


def test_no_secret_shows_in_a_repr() -> None:
    document = new_key_ring()
    ring = KeyRing.from_json(json.dumps(document))
    key, _ = ring.new_key("content", "r1", HERE)
    shown = repr(ring) + repr(key) + repr(ring.__dict__)
    assert not any(secret in shown for purpose in document.values() for secret in purpose["keys"].values())
    assert repr(key.secret) not in shown
