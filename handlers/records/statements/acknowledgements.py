"""The statements of `handlers.records.acknowledgements`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.records.definition import Definition
from handlers.records.schema import acknowledgements, outbox

_A = acknowledgements.c
_STORED = ("sink", "status", "reason", "incident", "decided_at", "received_at")
_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("report_id", "webhook_id", "digest", *_STORED)}
ADD = Definition(
    sqlite.insert(acknowledgements).values(_VALUES).on_conflict_do_nothing().returning(_A.id),
    postgresql.insert(acknowledgements).values(_VALUES).on_conflict_do_nothing().returning(_A.id),
)
FIND = Definition(
    select(_A.digest, *[acknowledgements.c[name] for name in _STORED]).where(
        _A.sink == bindparam("of"), _A.webhook_id == bindparam("number")
    )
)
OF_REPORT = Definition(
    select(*[acknowledgements.c[name] for name in _STORED]).where(_A.report_id == bindparam("report")).order_by(_A.id)
)
WENT_TO = Definition(select(outbox.c.sink).where(outbox.c.report_id == bindparam("report")).distinct())
