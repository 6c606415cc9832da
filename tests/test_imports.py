"""Who may import whom: `conversations` none of ours, `handlers` conversations, `gateway` both; no circles."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY = {
    "conversations": {"conversations"},
    "handlers": {"handlers", "conversations"},
    "gateway": {"gateway", "handlers", "conversations"},
}
# Libraries that belong to one place: the edges, the machine, the tables.
ONLY = {
    "flask": ("gateway/web/", "gateway/desk/", "gateway/app.py", "gateway/wsgi.py"),
    "twilio": ("gateway/channels/", "gateway/standin/"),
    "rq": ("gateway/",),
    "redis": ("gateway/",),
    "sqlalchemy": ("handlers/records/",),
    "alembic": ("handlers/records/",),
    "psycopg": ("handlers/records/",),
    "sqlite3": ("handlers/records/", "gateway/doctor/"),
    "statemachine": ("conversations/machine.py", "conversations/table.py"),
    "click": ("gateway/cli/",),
    "pickle": (),
    "requests": (),
}
# A machine instance belongs to one thread.
ALLOWED = {"machine.py": {"threading"}}
PURE = {
    "socket",
    "sqlite3",
    "threading",
    "subprocess",
    "time",
    "random",
    "secrets",
    "os",
    "logging",
    "asyncio",
    "urllib",
}


@cache
def _files(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _top(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY)
def test_a_package_imports_only_what_stands_above_it(package: str) -> None:
    for path in _files(package):
        ours = _top(_imports(path)) & {*MAY, "tests"}
        assert ours <= MAY[package], f"{path.relative_to(ROOT)} imports {ours - MAY[package]}"


def test_every_package_has_files() -> None:
    assert all(len(_files(package)) > 5 for package in MAY)


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_used_where_it_belongs(library: str) -> None:
    for package in MAY:
        for path in _files(package):
            name = path.relative_to(ROOT).as_posix()
            if library in _top(_imports(path)):
                assert name.startswith(ONLY[library]), f"{name} imports {library}"


def test_conversations_are_pure() -> None:
    """No I/O, no clock, no chance; the build steps of shipped data and the loader of shipped files apart."""
    for path in _files("conversations"):
        if path.name.startswith("build"):
            continue
        impure = _top(_imports(path)) & PURE - ALLOWED.get(path.name, set())
        assert not impure, f"{path.relative_to(ROOT)} imports {impure}"


def test_a_use_case_does_not_know_who_calls_it() -> None:
    """Tables know nothing of the use cases above them."""
    for path in _files("handlers/records"):
        above = {name for name in _imports(path) if name.startswith("handlers.") and name.split(".")[1] != "records"}
        assert {name.split(".")[1] for name in above} <= {"vault"}, f"{path.relative_to(ROOT)} imports {above}"
