"""Where reports go. A kind of sink is one file here with a `build`, and its name is the file's.

Making a sink opens nothing and imports no HTTP, mail or SSH library: that waits for the first delivery.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlers.ports import Sink

_NAME = re.compile(r"[a-z]{1,20}")


def kinds() -> list[str]:
    """Every kind there is. Imports each file here: for people who mistyped one."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg)
    return [name for name in names if hasattr(import_module(f"{__name__}.{name}"), "build")]


def build(kind: str, sink_id: str, settings: Mapping[str, str]) -> Sink:
    """The sink of this kind with these settings.

    Args:
        kind: one of `kinds()`.
        sink_id: what outbox rows and people call it.
        settings: plain strings, secrets already resolved; the names are those of the kind's settings class.

    Raises:
        ValueError: `sink desk: url: ...`, naming the setting and never its value.
    """
    try:
        if not _NAME.fullmatch(kind) or kind not in {found.name for found in pkgutil.iter_modules(__path__)}:
            raise ValueError(f"kind: must be one of {', '.join(kinds())}")
        module = import_module(f"{__name__}.{kind}")
        if not hasattr(module, "build"):
            raise ValueError(f"kind: must be one of {', '.join(kinds())}")
        sink: Sink = module.build(sink_id, settings)
    except ValueError as problem:
        raise ValueError(f"sink {sink_id}: {problem}") from None
    return sink
