"""Secrets: made up once in development, refused where they are missing in production.

What development makes up stands in `secrets.json` in the data folder, by the names of the settings, for its owner
alone. Two processes that start together agree on one set: the file is completed under a lock and replaced in one step.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gateway.config import EXAMPLE_ORGANISATIONS, Config, ConfigError, settings

FILE_NAME: Final = "secrets.json"
KEYS: Final = "QUIETLINE_KEYS"
MADE: Final = ("twilio_account_sid", "twilio_auth_token", "simulator_secret", "keys")
_KEY_IDS: Final = {"content": "k1", "confidential": "c1", "conversation": "k1", "index": "i1", "sending": "s1"}


def load(environ: Mapping[str, str]) -> Config:
    """The configuration in an environment, with all its secrets. Raises ConfigError."""
    return complete(Config.read(environ))


def complete(config: Config) -> Config:
    """The configuration with every secret filled in and `keys` as JSON text.

    In development makes the data folder and the missing secrets. In production makes nothing, and raises ConfigError
    with a line for each setting that is missing.
    """
    if config.production:
        if problems := missing(config):
            raise ConfigError(problems)
        return replace(config, keys=read_key_ring(config.keys))
    names = settings()
    absent = [attribute for attribute in MADE if not getattr(config, attribute)]
    found = _completed(config.data, [names[attribute].name for attribute in absent]) if absent else {}
    values: dict[str, Any] = {attribute: found[names[attribute].name] for attribute in absent}
    filled = replace(config, **values)
    return replace(filled, keys=read_key_ring(filled.keys))


def missing(config: Config) -> list[str]:
    """A line of advice for each setting that production needs and that is absent."""
    needed = [attribute for attribute in ("public_url", *MADE) if attribute != "simulator_secret" or config.simulator]
    absent = [attribute for attribute in needed if not getattr(config, attribute)]
    if config.organisations == EXAMPLE_ORGANISATIONS:
        absent.append("organisations")
    return [f"{settings()[attribute].name} is missing. {settings()[attribute].help}" for attribute in absent]


def stored(folder: Path) -> dict[str, str]:
    """What the data folder's file holds, by the name of the setting; empty where there is none. Raises ConfigError."""
    path = folder / FILE_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {name: _as_setting(value) for name, value in document.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}."]) from None
    except (ValueError, AttributeError, TypeError):
        raise ConfigError(
            [f"{path} is damaged. Restore it from a copy: without its keys the data cannot be opened."]
        ) from None


def read_key_ring(given: str) -> str:
    """The key ring's JSON, from the path of its file or from itself; empty stays empty. Raises ConfigError."""
    if not given or is_json(given):
        return given
    try:
        return Path(given).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError([f"{KEYS} names a file that cannot be read: {cause}."]) from None


def is_json(given: str) -> bool:
    """Whether a key ring was given directly, not as a path."""
    return given.lstrip().startswith("{")


def new_key_ring() -> dict[str, Any]:
    """A fresh key ring: for each purpose one key of 32 random bytes (`sending`: an X25519 private key, RFC 7748)."""
    return {
        purpose: {"current": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()}}
        for purpose, key_id in _KEY_IDS.items()
    }


def _as_setting(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and value:
        return json.dumps(value)
    raise TypeError


def _completed(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """What is stored, once everything named is."""
    absent = [name for name in names if name not in stored(folder)]
    if absent:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(folder / f"{FILE_NAME}.lock"):
                _add(folder, absent)
        except OSError as error:
            raise ConfigError([f"The data folder {folder} cannot be written: {error.strerror}."]) from None
    return stored(folder)


def _add(folder: Path, names: Iterable[str]) -> None:
    document = {name: json.loads(text) if name == KEYS else text for name, text in stored(folder).items()}
    for name in names:
        document.setdefault(name, _made(name))
    fresh = folder / f"{FILE_NAME}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE_NAME)
    _sync_folder(folder)


def _made(name: str) -> Any:
    if name == KEYS:
        return new_key_ring()
    if name == "TWILIO_ACCOUNT_SID":
        return f"AC{secrets.token_hex(16)}"
    return secrets.token_hex(32)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
