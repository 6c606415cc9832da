"""The statements of `handlers.records.people`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.desk_schema import attempts, people, roles, sessions, sign_in_links

_P, _R, _S, _L, _A = people.c, roles.c, sessions.c, sign_in_links.c, attempts.c


def _given(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


ADD = Definition(
    insert(people).values(
        _given("id", "name", "shown", "password", "key", "totp", "created_at") | {"totp_step": 0, "locked": 0}
    )
)
_ROW = select(*(people.c[name] for name in ("id", "name", "shown", "password", "key", "totp", "totp_step", "locked")))
BY_NAME = Definition(_ROW.where(_P.name == bindparam("wanted")))
BY_ID = Definition(_ROW.where(_P.id == bindparam("person")))
LIST = Definition(_ROW.order_by(_P.name))
LOCK = Definition(update(people).where(_P.id == bindparam("person")).values(locked=bindparam("locked")))
RESET = Definition(
    update(people)
    .where(_P.id == bindparam("person"))
    .values(_given("password", "key", "totp") | {"totp_step": 0, "locked": 0})
)
PASSWORD = Definition(update(people).where(_P.id == bindparam("person")).values(password=bindparam("password")))
STEP = Definition(
    update(people)
    .where(_P.id == bindparam("person"), _P.totp_step < bindparam("step"))
    .values(totp_step=bindparam("step"))
)
_ROLE = _given("person_id", "organisation", "role")
GRANT = Definition(
    sqlite.insert(roles).values(_ROLE).on_conflict_do_nothing(),
    postgresql.insert(roles).values(_ROLE).on_conflict_do_nothing(),
)
REVOKE = Definition(
    delete(roles).where(
        _R.person_id == bindparam("person"), _R.organisation == bindparam("at"), _R.role == bindparam("which")
    )
)
ROLES = Definition(
    select(_R.organisation, _R.role).where(_R.person_id == bindparam("person")).order_by(_R.organisation, _R.role)
)
WITH_ROLE = Definition(
    select(_P.id, _P.shown)
    .select_from(people.join(roles, _R.person_id == _P.id))
    .where(_R.organisation == bindparam("at"), _R.role == bindparam("which"), _P.locked == 0)
    .order_by(_P.shown)
)
BEGIN = Definition(insert(sessions).values(_given("hash", "person_id", "created_at", "seen_at", "how")))
SESSION = Definition(
    select(_P.id, _P.name, _P.shown, _S.created_at, _S.seen_at, _S.how)
    .select_from(sessions.join(people, _P.id == _S.person_id))
    .where(_S.hash == bindparam("found"), _P.locked == 0)
)
SEEN = Definition(update(sessions).where(_S.hash == bindparam("found")).values(seen_at=bindparam("seen_at")))
SESSIONS = Definition(
    select(_S.hash, _S.created_at, _S.seen_at, _S.how)
    .where(_S.person_id == bindparam("person"))
    .order_by(_S.created_at.desc(), _S.hash)
)
LASTING = Definition(
    select(_S.hash, _S.created_at, _S.seen_at)
    .select_from(sessions.join(people, _P.id == _S.person_id))
    .where(_P.locked == 0)
)
END = Definition(delete(sessions).where(_S.hash == bindparam("found")))
END_ALL = Definition(delete(sessions).where(_S.person_id == bindparam("person")))
END_OTHERS = Definition(delete(sessions).where(_S.person_id == bindparam("person"), _S.hash != bindparam("keep")))
END_OLD = Definition(delete(sessions).where((_S.created_at < bindparam("made")) | (_S.seen_at < bindparam("seen"))))
ADD_LINK = Definition(insert(sign_in_links).values(_given("hash", "person_id", "ends_at")))
USE_LINK = Definition(
    delete(sign_in_links).where(_L.hash == bindparam("found"), _L.ends_at >= bindparam("now")).returning(_L.person_id)
)
END_LINKS = Definition(delete(sign_in_links).where(_L.person_id == bindparam("person")))
FAILED = Definition(insert(attempts).values(_given("subject", "at")))
FAILURES = Definition(
    select(func.count()).select_from(attempts).where(_A.subject == bindparam("whose"), _A.at > bindparam("since"))
)
FORGIVE = Definition(delete(attempts).where(_A.subject == bindparam("whose")))
FORGET_FAILURES = Definition(delete(attempts).where(_A.at <= bindparam("until")))
