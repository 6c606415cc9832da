"""The tables of how people prove who they are at the desk.

    passkeys       public keys of authenticators (WebAuthn): nothing in them opens anything
    ceremonies     what was begun and must be finished once and soon: challenges, single sign-on, enrolment; by hash
    identities     who is who at an issuer of single sign-on

Times are whole milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from handlers.records.metadata import metadata

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),  # the credential's, base64url
    Column("person_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),  # COSE (RFC 9053)
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("ix_passkeys_person_id", passkeys.c.person_id)

ceremonies = Table(
    "ceremonies",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # enter, add, single-sign-on, enrol
    Column("bound", Text, nullable=False),  # hash of what only the browser that began it holds
    Column("subject", Text, nullable=False),  # keyed index of the network that began it
    Column("person_id", Text),
    Column("ends_at", BigInteger, nullable=False),
)
Index("ix_ceremonies_subject", ceremonies.c.subject)

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
)
Index("ix_identities_person_id", identities.c.person_id)
