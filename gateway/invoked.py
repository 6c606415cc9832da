"""How a person at another terminal calls this installation's `quietline`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def call(command: str, *names: str, by_name: bool = True) -> str:
    """A command as it is typed in the working folder, such as `PORT=8062 .venv/bin/quietline phone`.

    Args:
        command: such as `phone`.
        names: variables that it heeds; those that are set here stand before it.
        by_name: the name alone where this process finds it by that; not for one whose way to commands was given to it.
    """
    given = "".join(f"{name}={shlex.quote(os.environ[name])} " for name in names if os.environ.get(name))
    return f"{given}{_program(by_name)} {command}"


def _program(by_name: bool) -> str:
    installed = Path(sys.executable).with_name("quietline")
    found = shutil.which("quietline") if by_name else None
    if found and Path(found).exists() and installed.exists() and Path(found).samefile(installed):
        return "quietline"
    return str(installed.relative_to(Path.cwd()) if installed.is_relative_to(Path.cwd()) else installed)
