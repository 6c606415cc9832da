"""Compiles every statement for both kinds of database into `compiled.json`: `python -m handlers.records.compile`.

Compiled ahead, because a process that answers a carrier would spend a third of its start on loading SQLAlchemy, and
far more than the commit on building a statement anew. A test holds the file against the definitions.
"""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

from handlers.records import statements
from handlers.records.compiled import FILE
from handlers.records.definition import Definition

DIALECTS: dict[str, Dialect] = {"sqlite": SQLiteDialect_pysqlite(), "postgresql": PGDialect_psycopg()}  # type: ignore[no-untyped-call]


def compiled() -> dict[str, dict[str, list[Any]]]:
    """By dialect and `table.NAME`: the text, the parameters' names in order (where they are counted), the constants."""
    found = {
        f"{module.name}.{name}": value
        for module in pkgutil.iter_modules(statements.__path__)
        for name, value in vars(import_module(f"{statements.__name__}.{module.name}")).items()
        if isinstance(value, Definition) and not name.startswith("_")
    }
    return {
        kind: {name: _compile(definition, kind, dialect) for name, definition in sorted(found.items())}
        for kind, dialect in DIALECTS.items()
    }


def _compile(definition: Definition, kind: str, dialect: Dialect) -> list[Any]:
    core: Any = definition.core
    if kind == "postgresql" and definition.postgresql is not None:
        core = definition.postgresql
    made = core.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    constants = {name: value for name, value in made.params.items() if value is not None}
    return [" ".join(made.string.split()), list(made.positiontup or ()), constants]


def as_text() -> str:
    """What the file holds."""
    return json.dumps(compiled(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
