"""The compiled statements, as the drivers take them; SQLAlchemy itself is not loaded for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

FILE: Final = Path(__file__).with_name("compiled.json")


class Statement:
    """One statement by its name, such as `inbox.ADD`."""

    __slots__ = ("_found", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[str, tuple[str, list[str], dict[str, Any]]] = {}

    def bound(self, kind: str, values: dict[str, Any]) -> tuple[str, Any]:
        """The text and the parameters as the driver of this kind of database takes them."""
        sql, names, constants = self._found.get(kind) or self._look_up(kind)
        if constants:
            values = constants | values
        return sql, [values[name] for name in names] if kind == "sqlite" else values

    def _look_up(self, kind: str) -> tuple[str, list[str], dict[str, Any]]:
        sql, names, constants = _all()[kind][self._name]
        self._found[kind] = (sql, names, constants)
        return self._found[kind]


class _Statements:
    """The statements of one table, each an attribute by its name."""

    def __init__(self, table: str) -> None:
        self._table = table

    def __getattr__(self, name: str) -> Statement:
        if f"{self._table}.{name}" not in _all()["sqlite"]:
            raise AttributeError(f"no statement {self._table}.{name}: run python -m handlers.records.compile")
        statement = self.__dict__[name] = Statement(f"{self._table}.{name}")
        return statement


def statements(table: str) -> Any:
    """The statements of a table's module in `handlers.records.statements`."""
    return _Statements(table)


@cache
def _all() -> dict[str, dict[str, tuple[str, list[str], dict[str, Any]]]]:
    found: dict[str, dict[str, tuple[str, list[str], dict[str, Any]]]] = orjson.loads(FILE.read_bytes())
    return found
