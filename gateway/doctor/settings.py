"""Settings, secrets and the data folder."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from gateway.config import Config, ConfigError, settings
from gateway.doctor.advice import Advice, info, must, should
from gateway.secrets import FILE_NAME, MADE, is_json, missing, read_key_ring, stored
from gateway.setting import as_path, is_loopback

_LITTLE_SPACE: Final = 1 << 30
_NO_SPACE: Final = 100 << 20


def check_names(environ: Mapping[str, str]) -> Iterator[Advice]:
    """Names that look like settings, are none, and that no sink refers to."""
    known = [setting.name for setting in settings().values()]
    for name in sorted(environ.keys() - _referred_to(environ)):
        if name.startswith("QUIETLINE_") and name not in known:
            near = get_close_matches(name, known, 1)
            yield should(f"{name} is no setting." + (f" Did you mean {near[0]}?" if near else ""))


def with_secrets(config: Config) -> tuple[Config, list[Advice]]:
    """The configuration with the secrets that there are, and what is missing. Makes none."""
    names = settings()
    try:
        if config.production:
            return replace(config, keys=read_key_ring(config.keys)), [must(line) for line in missing(config)]
        found = stored(config.data)
        absent = {each: found.get(names[each].name, "") for each in MADE if not getattr(config, each)}
        values: dict[str, Any] = {each: value for each, value in absent.items() if value}
        config = replace(config, **values)
        config = replace(config, keys=read_key_ring(config.keys))
    except ConfigError as error:
        return replace(config, keys=""), [must(line) for line in error.problems]
    return config, [info("Missing secrets are made at the first start.")] if len(values) < len(absent) else []


def check_data_folder(config: Config) -> Iterator[Advice]:
    """Whether the data folder is there, writable, private and not full."""
    folder = config.data
    if not folder.exists():
        yield info(f"The data folder {folder} is made at the first start.")
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield must(f"The data folder {folder} cannot be read and written by this user.")
        return
    if _open_to_others(folder):
        yield (must if config.production else should)(f"Others can read the data folder: chmod 700 {folder}")
    if _open_to_others(folder / FILE_NAME):
        yield must(f"Others can read the secrets: chmod 600 {folder / FILE_NAME}")
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_SPACE:
        yield (must if free < _NO_SPACE else should)(f"The disk of the data folder has only {free >> 20} MB left.")


def check_key_file(config: Config) -> Iterator[Advice]:
    """Whether the key ring's file is private. `config` as it was read."""
    if config.keys and not is_json(config.keys) and _open_to_others(Path(config.keys).expanduser()):
        yield must("Others can read the file that QUIETLINE_KEYS names: chmod 600 it.")


def check_key_ring(config: Config) -> Iterator[Advice]:
    """Whether the key ring holds every key that is needed."""
    from handlers.vault import KeyRing, VaultError

    if config.keys:
        try:
            ring = KeyRing.from_json(config.keys)
            if not ring.has_confidential:
                yield should(
                    "QUIETLINE_KEYS has no keys for confidential: confidential reports are sealed as all others. "
                    "Add them as docs/settings.md says."
                )
        except VaultError as error:
            yield must(f"QUIETLINE_KEYS: {error}. Put the right ring back: without it the data cannot be opened.")


def check_carrier(config: Config) -> Iterator[Advice]:
    """Whether texts can be taken in and sent. `config` as it was read."""
    if bool(config.twilio_account_sid) != bool(config.twilio_auth_token) and not config.production:
        yield must("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN belong together: set both, or neither to try it out.")
    if config.production and not config.twilio_api_key:
        yield should(
            "TWILIO_API_KEY and TWILIO_API_SECRET are not set: an answer that a fault delayed cannot be sent any more."
        )
    if config.production and config.simulator:
        yield should("QUIETLINE_SIMULATOR is on: turn it off once the installation has been tried out.")


def check_public_url(config: Config) -> Iterator[Advice]:
    """Whether the carrier can reach the gateway there, in private."""
    if not config.production or not config.public_url:
        return
    if is_loopback(config.public_url):
        yield must("QUIETLINE_PUBLIC_URL names this machine itself: no carrier reaches it there.")
    elif not config.public_url.startswith("https://"):
        yield must("QUIETLINE_PUBLIC_URL must begin with https://, or texts can be read on their way.")


def _referred_to(environ: Mapping[str, str]) -> set[str]:
    """What the organisations file reads from the environment."""
    try:
        text = as_path(environ.get("QUIETLINE_ORGANISATIONS", "")).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return set()
    return set(re.findall(r"env:(\w+)", text))


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
