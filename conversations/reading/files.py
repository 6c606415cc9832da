"""The data files that travel with the reader."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

DATA: Final = Path(__file__).parent / "data"
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def load(name: str) -> dict[str, Any]:
    """A YAML file of the data folder; every value is a string."""
    with (DATA / name).open("rb") as file:
        data: dict[str, Any] = yaml.load(file, Loader=_Loader)  # noqa: S506 (strings only, in C where there is one)
    return data


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    return {name: frozenset(str(words).split()) for name, words in load("words.yaml").items()}


def listed(name: str) -> frozenset[str]:
    """A list of `words.yaml`, by its name."""
    return _lists()[name]
