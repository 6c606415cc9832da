"""What a command that works on a running installation needs first."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from gateway.cli.refusals import Refusal

if TYPE_CHECKING:
    from gateway.config import Config
    from handlers.records.database import Database


def opened(config: Config) -> Database:
    """The database, once it is sure that there is one. Raises Refusal, StoreError."""
    from handlers.records.database import Database
    from handlers.records.examination import examine

    database = Database(config.database_url)
    examined = examine(database)
    if not (examined.exists and examined.current):
        where = f" in {config.data}" if database.is_sqlite else ""
        raise Refusal(f"There is no database{where} yet. Start the gateway with: quietline up")
    return database


def audience_of(confidential: bool) -> str:
    """For whom a command looks."""
    return "confidential" if confidential else "desk"


def person() -> str:
    """Who gives the command, by the name that the machine knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user
        return f"user {os.getuid()}"
