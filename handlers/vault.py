"""Sealing: what is stored about a person is unreadable without keys that are not in the database (R19, R20).

    VaultError
    ├── UnknownKey   sealed under a key id that the ring does not hold
    └── NotOpened    wrong key, wrong place, or altered bytes

A *ring* holds named master keys per audience; the newest seals, all open, so keys can rotate. A *data key* belongs
to one report or one open conversation and is stored wrapped by a master key. Every sealed value is bound to its
table, row, column and key id: moved elsewhere it does not open. An address is sealed by HPKE to the sending key's
public half: a process that holds only that half can seal a number and never open it.

Sources: NIST SP 800-38D (AES-GCM), RFC 9180 (HPKE), RFC 5869 (HKDF), RFC 2104 (HMAC).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Struct

AUDIENCES = ("content", "conversation")
FOLLOW_SECONDS = 2.0
_NONCE = 12
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class VaultError(Exception):
    """Something sealed cannot be opened. The text names a key id or a place, never content."""


class UnknownKey(VaultError):
    """The key id is not in the ring."""


class NotOpened(VaultError):
    """The bytes do not open with this key at this place."""


class Place(NamedTuple):
    """Where a sealed value stands: its table, row and column."""

    table: str
    row: str
    column: str


def _bound(place: Place, key_id: str) -> bytes:
    """The associated data: each field with its length before it, so that no two places read alike."""
    table, row, column = place
    return f"{len(table)}:{table}{len(row)}:{row}{len(column)}:{column}{len(key_id)}:{key_id}".encode()


class DataKey(Struct, frozen=True, dict=True):
    """A 256-bit AES-GCM key with its id."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.id!r})"

    @property
    def _cipher(self) -> AESGCM:
        # Kept by hand: a `cached_property` takes a lock, and a turn has five keys.
        kept = self.__dict__
        cipher: AESGCM | None = kept.get("cipher")
        if cipher is None:
            cipher = kept["cipher"] = AESGCM(self.secret)
        return cipher

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Seals bytes for one place: 12 bytes nonce, then cipher text and tag."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, _bound(place, self.id))

    def open(self, sealed: bytes, place: Place) -> bytes:
        """What was sealed for this place. Raises NotOpened."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(place, self.id))
        except (InvalidTag, ValueError) as error:
            raise NotOpened(f"{place.table}.{place.column}") from error


class MasterKeys(Struct, frozen=True, dict=True):
    """The named keys of one audience; `current` seals, all open."""

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current!r}, ids={sorted(self.keys)})"

    def key(self, key_id: str) -> DataKey:
        """The key of that id. Raises UnknownKey."""
        try:
            return DataKey(key_id, self.keys[key_id])
        except KeyError:
            raise UnknownKey(key_id) from None

    @cached_property
    def newest(self) -> DataKey:
        """The key that seals."""
        return self.key(self.current)


class SendingKeys(Struct, frozen=True):
    """X25519 keys for addresses; a private half may be missing where texts are only taken in."""

    current: str
    public: Mapping[str, X25519PublicKey]
    private: Mapping[str, X25519PrivateKey]

    def __repr__(self) -> str:
        return f"SendingKeys(current={self.current!r}, ids={sorted(self.public)}, opens={sorted(self.private)})"


class _Held(Struct, frozen=True, dict=True):
    """What a ring holds at one moment."""

    masters: Mapping[str, MasterKeys]
    index: MasterKeys
    sending: SendingKeys

    @cached_property
    def index_ids(self) -> list[str]:
        """The index keys' ids, the one to write with first."""
        return sorted(self.index.keys, key=lambda key_id: key_id != self.index.current)

    @cached_property
    def month_key(self) -> Callable[[str, str], hmac.HMAC]:
        """HMAC-SHA-256 under the index key of a month, from the root of that id; to be copied."""
        return lru_cache(maxsize=64)(self._derive_month_key)

    def _derive_month_key(self, month: str, key_id: str) -> hmac.HMAC:
        root = self.index.key(key_id).secret
        key = hmac.new(root, b"quietline index " + month.encode() + b"\x01", hashlib.sha256).digest()
        return hmac.new(key, digestmod=hashlib.sha256)


class KeyRing:
    """All master keys of an installation.

    `content`, `confidential`, `conversation`, `index` (32 bytes each) and `sending` (X25519).
    """

    def __init__(self, masters: Mapping[str, MasterKeys], index: MasterKeys, sending: SendingKeys) -> None:
        self._now = _Held(masters, index, sending)
        self._changed: Callable[[], str | None] | None = None
        self._look_at = 0.0

    def __repr__(self) -> str:
        return f"KeyRing({sorted(self._held.masters)})"

    @classmethod
    def from_json(cls, text: str) -> KeyRing:
        """Reads `{"content": {"current": ID, "keys": {ID: BASE64}}, "conversation": .., "index": .., "sending": ..}`.

        A sending key is the base64 of the private half, or `{"public": BASE64}`. `confidential` may be left out:
        confidential reports are then sealed as all others. Raises VaultError.
        """
        try:
            data = json.loads(text)
            masters = {name: _masters(name, data[name]) for name in AUDIENCES}
            masters["confidential"] = _masters("confidential", data.get("confidential", data["content"]))
            return cls(masters, _masters("index", data["index"]), _sending(data["sending"]))
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise VaultError(f"the key ring is incomplete ({type(error).__name__})") from None

    @classmethod
    def for_spool(cls, text: str) -> KeyRing:
        """Reads a ring of which only `index` and `sending` are used, and the rest may be missing: a twin's.

        It seals texts and opens nothing. Raises VaultError.
        """
        try:
            data = json.loads(text)
            return cls({}, _masters("index", data["index"]), _sending(data["sending"]))
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise VaultError(f"the key ring is incomplete ({type(error).__name__})") from None

    @property
    def opens_addresses(self) -> bool:
        """Whether it holds a private half of the sending keys."""
        return bool(self._held.sending.private)

    def follow(self, changed: Callable[[], str | None]) -> None:
        """Keeps up with a ring that is changed elsewhere (F14).

        Args:
            changed: the ring's JSON where it is another than at the last call, else None; asked every two seconds at
                most, and whenever a key is missed.
        """
        self._changed = changed

    @property
    def _held(self) -> _Held:
        if self._changed is not None and time.monotonic() >= self._look_at:
            self._look()
        return self._now

    def _look(self) -> bool:
        """Takes the ring as it stands elsewhere; whether it is another."""
        self._look_at = time.monotonic() + FOLLOW_SECONDS
        text = self._changed() if self._changed is not None else None
        if text is None:
            return False
        try:
            read = KeyRing.from_json if self._now.masters else KeyRing.for_spool
            self._now = read(text)._now
        except VaultError:  # as it was, until somebody mends it
            return False
        return True

    @property
    def has_confidential(self) -> bool:
        """Whether confidential reports are sealed under keys of their own."""
        return self._held.masters["confidential"] != self._held.masters["content"]

    def ids(self, purpose: str) -> tuple[str, ...]:
        """The ids of a purpose's keys, the current one first."""
        held = self._held
        if purpose == "index":
            return tuple(held.index_ids)
        keys = held.sending.public if purpose == "sending" else held.masters[purpose].keys
        current = held.sending.current if purpose == "sending" else held.masters[purpose].current
        return (current, *sorted(keys.keys() - {current}))

    def new_key(self, audience: str, key_id: str, place: Place) -> tuple[DataKey, bytes]:
        """A fresh data key and its wrapped form for `place`: the master key's id, a zero byte, the sealed key."""
        key = DataKey(key_id, os.urandom(32))
        return key, self.wrap(audience, key, place)

    def wrap(self, audience: str, key: DataKey, place: Place) -> bytes:
        """The data key sealed for an audience and a place."""
        master = self._held.masters[audience].newest
        return master.id.encode() + b"\0" + master.seal(key.secret, place)

    def unwrap(self, audience: str, key_id: str, wrapped: bytes, place: Place) -> DataKey:
        """The data key that was wrapped; of `content` also one for the confidential audience.

        Raises UnknownKey, NotOpened.
        """
        try:
            return self._unwrap_here(audience, key_id, wrapped, place)
        except UnknownKey:
            if not self._look():
                raise
        return self._unwrap_here(audience, key_id, wrapped, place)

    def _unwrap_here(self, audience: str, key_id: str, wrapped: bytes, place: Place) -> DataKey:
        try:
            return self._unwrap(audience, key_id, wrapped, place)
        except VaultError as error:
            if audience == "content":
                with suppress(VaultError):
                    return self._unwrap("confidential", key_id, wrapped, place)
            raise error from None

    def _unwrap(self, audience: str, key_id: str, wrapped: bytes, place: Place) -> DataKey:
        master_id, _, sealed = bytes(wrapped).partition(b"\0")
        master = self._held.masters[audience].key(master_id.decode(errors="replace"))
        return DataKey(key_id, master.open(sealed, place))

    def indexes(self, months: Sequence[str], *fields: str) -> list[str]:
        """The keyed indexes under which a conversation may be found, the one to write first.

        One for each month (`2026-11`) and index key: HMAC-SHA-256 over the length-prefixed fields (organisation,
        channel, medium, address) under that month's key, as 43 characters of base64.
        """
        parts = [field.encode("utf-8", "surrogatepass") for field in fields]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        held = self._held
        return [_index(held.month_key(month, key_id), message) for month in months for key_id in held.index_ids]

    def seal_address(self, address: str, place: Place) -> bytes:
        """Seals an address so that only a holder of the sending key's private half reads it (R20)."""
        return self.seal_away(address.encode("utf-8", "surrogatepass"), place)

    def open_address(self, sealed: bytes, place: Place) -> str:
        """The address that was sealed. Raises UnknownKey where this process holds no private half, NotOpened."""
        return self.open_away(sealed, place).decode("utf-8", "surrogatepass")

    def seal_away(self, plain: bytes, place: Place) -> bytes:
        """Seals bytes so that only a holder of the sending key's private half reads them."""
        sending = self._held.sending
        sealed = _SUITE.encrypt(plain, sending.public[sending.current], info=_bound(place, sending.current))
        return sending.current.encode() + b"\0" + sealed

    def open_away(self, sealed: bytes, place: Place) -> bytes:
        """What was sealed so. Raises UnknownKey where this process holds no private half, NotOpened."""
        name, _, body = bytes(sealed).partition(b"\0")
        key_id = name.decode(errors="replace")
        private = self._held.sending.private.get(key_id)
        if private is None and self._look():
            private = self._held.sending.private.get(key_id)
        if private is None:
            raise UnknownKey(key_id)
        try:
            return _SUITE.decrypt(body, private, info=_bound(place, key_id))
        except (InvalidTag, ValueError) as error:
            raise NotOpened(f"{place.table}.{place.column}") from error


def _index(keyed: hmac.HMAC, message: bytes) -> str:
    mac = keyed.copy()
    mac.update(message)
    return base64.urlsafe_b64encode(mac.digest())[:43].decode()


def _raw(name: str, text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VaultError(f"a key of {name} is not base64") from None
    if len(raw) != 32:
        raise VaultError(f"a key of {name} is not 32 bytes long")
    return raw


def _masters(name: str, data: Mapping[str, object]) -> MasterKeys:
    keys = data["keys"]
    if not isinstance(keys, dict) or data["current"] not in keys:
        raise VaultError(f"{name} has no current key")
    return MasterKeys(str(data["current"]), {str(key_id): _raw(name, text) for key_id, text in keys.items()})


def _sending(data: Mapping[str, object]) -> SendingKeys:
    keys = data["keys"]
    if not isinstance(keys, dict) or data["current"] not in keys:
        raise VaultError("sending has no current key")
    public: dict[str, X25519PublicKey] = {}
    private: dict[str, X25519PrivateKey] = {}
    for key_id, value in keys.items():
        if isinstance(value, dict):
            public[key_id] = X25519PublicKey.from_public_bytes(_raw("sending", value["public"]))
        else:
            private[key_id] = X25519PrivateKey.from_private_bytes(_raw("sending", value))
            public[key_id] = private[key_id].public_key()
    return SendingKeys(str(data["current"]), public, private)
