"""How a statement is defined: SQLAlchemy Core, once, or once for each kind of database."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy.sql.base import Executable


class Definition(Struct, frozen=True):
    """A Core statement; values that are not in it as constants are `bindparam`s, given at each run.

    `postgresql` is the statement for PostgreSQL where it differs.
    """

    core: Executable
    postgresql: Executable | None = None
