"""The statements of `handlers.records.passkeys`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.sign_in_schema import ceremonies, identities, passkeys

_K, _C, _I = passkeys.c, ceremonies.c, identities.c


def _given(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


_NEW = _given("id", "person_id", "label", "public_key", "sign_count", "created_at")
ADD = Definition(
    sqlite.insert(passkeys).values(_NEW).on_conflict_do_nothing(),
    postgresql.insert(passkeys).values(_NEW).on_conflict_do_nothing(),
)
_ROW = select(_K.id, _K.person_id, _K.label, _K.public_key, _K.sign_count, _K.created_at, _K.used_at)
BY_ID = Definition(_ROW.where(_K.id == bindparam("wanted")))
OF = Definition(_ROW.where(_K.person_id == bindparam("person")).order_by(_K.created_at, _K.id))
USED = Definition(
    update(passkeys)
    .where(_K.id == bindparam("wanted"), or_(_K.sign_count < bindparam("count"), _K.sign_count == 0))
    .values(sign_count=bindparam("count"), used_at=bindparam("at"))
)
REMOVE = Definition(delete(passkeys).where(_K.id == bindparam("wanted"), _K.person_id == bindparam("person")))
REMOVE_ALL = Definition(delete(passkeys).where(_K.person_id == bindparam("person")))

BEGIN = Definition(insert(ceremonies).values(_given("hash", "kind", "bound", "subject", "person_id", "ends_at")))
FINISH = Definition(
    delete(ceremonies)
    .where(_C.hash == bindparam("found"), _C.kind == bindparam("wanted"), _C.ends_at >= bindparam("now"))
    .returning(_C.bound, _C.person_id)
)
OPEN = Definition(
    select(func.count()).select_from(ceremonies).where(_C.subject == bindparam("whose"), _C.ends_at >= bindparam("now"))
)
END_OF = Definition(delete(ceremonies).where(_C.person_id == bindparam("person")))
FORGET = Definition(delete(ceremonies).where(_C.ends_at < bindparam("now")))

_WHO = _given("issuer", "subject", "person_id")
JOIN = Definition(
    sqlite.insert(identities).values(_WHO).on_conflict_do_nothing(),
    postgresql.insert(identities).values(_WHO).on_conflict_do_nothing(),
)
PART = Definition(delete(identities).where(_I.person_id == bindparam("person"), _I.issuer == bindparam("at")))
WHO = Definition(select(_I.person_id).where(_I.issuer == bindparam("at"), _I.subject == bindparam("whose")))
JOINED = Definition(select(_I.issuer).where(_I.person_id == bindparam("person")).order_by(_I.issuer))
