"""Passkeys: added by who has just signed in, then enough to sign in (W3C Web Authentication Level 3).

    PasskeyError    it was not added or removed; the text is a sentence for its owner

The authenticator must verify its user (PIN, finger, face), so a passkey is two factors that cannot be phished (R16).
Challenges are the tokens of ceremonies: kept by hash, used once, five minutes, in the browser that asked.
"""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from handlers import attempts, ceremonies
from handlers.people import NEED_PASSKEY
from handlers.records import passkeys, people
from handlers.records.database import Transaction
from handlers.records.passkeys import PasskeyRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn, begin_session, is_fresh

if TYPE_CHECKING:
    from webauthn.registration.verify_registration_response import VerifiedRegistration

MOST: Final = 10
LONGEST: Final = 16 * 1024
_LABEL: Final = 40
_ENTER: Final = "enter"
_ADD: Final = "add"


class PasskeyError(Exception):
    """It was not added or removed."""


class RelyingParty(Struct, frozen=True):
    """Whom passkeys are for. `id` is the host's name, `origin` the desk's address as browsers name it."""

    id: str
    origin: str

    @classmethod
    def of(cls, origin: str) -> RelyingParty | None:
        """None where passkeys cannot be: no address, an address of digits, or no TLS (this machine apart)."""
        parts = urlsplit(origin)
        host = parts.hostname or ""
        try:
            ip_address(host)
        except ValueError:
            is_secure = parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
            return cls(host, origin) if host and is_secure else None
        return None


class Passkey(Struct, frozen=True):
    """One of a person's passkeys as its owner sees it. Times in Unix seconds."""

    id: str
    label: str
    added: float
    used: float | None


def begin_adding(service: Service, party: RelyingParty, person: SignedIn, network: str) -> str:
    """What a browser needs to make a passkey: PublicKeyCredentialCreationOptions as JSON.

    Raises PasskeyError, TooMany, StoreError.
    """
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    _must_be_fresh(service, person)
    with service.database.read() as tx:
        known = passkeys.of(tx, person.person_id)
    if len(known) >= MOST:
        raise PasskeyError(f"You have {MOST} passkeys. Remove one first.")
    challenge = ceremonies.begin(service, _ADD, person.session, network, person_id=person.person_id)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name="Quietline desk",
        user_id=person.person_id.encode(),
        user_name=person.name,
        user_display_name=person.shown,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known],
    )
    return options_to_json(options)


def add(service: Service, party: RelyingParty, person: SignedIn, credential: str, label: str) -> None:
    """Adds the passkey that a browser made, and ends the person's other sessions; one that only enrols ends too.

    Args:
        service: the shared parts.
        party: whom it must be for.
        person: whose it is, signed in within the last ten minutes.
        credential: RegistrationResponseJSON.
        label: what its owner calls it.

    Raises PasskeyError, StoreError.
    """
    from webauthn.helpers import bytes_to_base64url

    _must_be_fresh(service, person)
    found, challenge = _read(credential)
    with service.database.write() as tx:
        begun = ceremonies.finish(service, tx, _ADD, challenge, person.session)
    if not begun or found is None:
        raise PasskeyError("This took too long, or was done before. Try again.")
    made = _made(party, found, challenge)
    now = milliseconds(service.clock.now())
    row = PasskeyRow(
        bytes_to_base64url(made.credential_id), person.person_id, " ".join(label.split())[:_LABEL] or "Passkey",
        made.credential_public_key, made.sign_count, now, None,
    )  # fmt: skip
    with service.database.write() as tx:
        if len(passkeys.of(tx, person.person_id)) >= MOST or not passkeys.add(tx, row):
            raise PasskeyError("This passkey is there already.")
        _end_others(tx, person)


def _made(party: RelyingParty, credential: dict[str, Any], challenge: str) -> VerifiedRegistration:
    """The passkey in a browser's answer, verified. Raises PasskeyError."""
    from webauthn import verify_registration_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyError("The authenticator's answer is not in order. Try again, or try another one.") from None


def remove(service: Service, person: SignedIn, passkey_id: str) -> None:
    """Removes one of a person's own and ends their other sessions.

    Raises PasskeyError where it is none of theirs, or the last of somebody who needs one; StoreError.
    """
    _must_be_fresh(service, person)
    with service.database.write() as tx:
        if len(passkeys.of(tx, person.person_id)) == 1 and any(role in NEED_PASSKEY for _, role in person.roles):
            raise PasskeyError("Your role needs a passkey. Add another one before you remove this one.")
        if not passkeys.remove(tx, passkey_id, person.person_id):
            raise PasskeyError("There is no such passkey.")
        people.end_other_sessions(tx, person.person_id, person.session)


def listed(service: Service, person_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first. Raises StoreError."""
    with service.database.read() as tx:
        return [
            Passkey(row.id, row.label, row.created_at / 1000, None if row.used_at is None else row.used_at / 1000)
            for row in passkeys.of(tx, person_id)
        ]


def begin_entering(service: Service, party: RelyingParty, bound: str, network: str) -> str:
    """What a browser needs to sign in with any of its passkeys: PublicKeyCredentialRequestOptions as JSON.

    Names nobody, so it tells nothing of who is known. Raises TooMany, StoreError.
    """
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import UserVerificationRequirement

    challenge = ceremonies.begin(service, _ENTER, bound, network)
    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=base64url_to_bytes(challenge),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def enter(service: Service, party: RelyingParty, credential: str, bound: str, network: str) -> str | None:
    """A new session's token; None where anything at all was wrong.

    Args:
        service: the shared parts.
        party: whom the passkey must be for.
        credential: AuthenticationResponseJSON.
        bound: what only this browser holds.
        network: the address that asks.

    Raises StoreError.
    """
    origin = attempts.of_network(service, network)
    found, challenge = _read(credential)
    with service.database.write() as tx:
        begun = ceremonies.finish(service, tx, _ENTER, challenge, bound)
        if attempts.network_braked(service, tx, origin):
            return None
        row = passkeys.by_id(tx, str(found["id"])) if begun and found is not None else None
    count = _verified(party, found, challenge, row) if row is not None and found is not None else None
    with service.database.write() as tx:
        person = people.by_id(tx, row.person_id) if row is not None else None
        now = milliseconds(service.clock.now())
        if (
            row is not None and count is not None and person is not None and not person.locked
            and passkeys.used(tx, row.id, count, now)
        ):  # fmt: skip
            return begin_session(tx, person.id, people.roles(tx, person.id), now, "passkey")
        attempts.failed(service, tx, origin)
    return None


def _verified(party: RelyingParty, found: dict[str, Any], challenge: str, row: PasskeyRow) -> int | None:
    """The counter that came with a signature in order; None where it is not."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        handle = found["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != row.person_id.encode():
            return None
        done = verify_authentication_response(
            credential=found,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return done.new_sign_count


def _read(credential: str) -> tuple[dict[str, Any] | None, str]:
    """A credential and the challenge that its client data name; (None, "") where it is none."""
    from webauthn.helpers import base64url_to_bytes

    try:
        if len(credential) > LONGEST:
            raise ValueError
        found = json.loads(credential)
        challenge = json.loads(base64url_to_bytes(found["response"]["clientDataJSON"]))["challenge"]
        if not isinstance(found["id"], str) or not isinstance(challenge, str) or len(challenge) != 43:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, ""
    return found, challenge


def _must_be_fresh(service: Service, person: SignedIn) -> None:
    if not is_fresh(service, person):
        raise PasskeyError("It is over ten minutes since you signed in. Sign off, sign in again, and do this first.")


def _end_others(tx: Transaction, person: SignedIn) -> None:
    if person.how == "enrol":
        people.end_sessions(tx, person.person_id)
    else:
        people.end_other_sessions(tx, person.person_id, person.session)
