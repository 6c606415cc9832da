"""The key ring's file, where there is one: followed by every process, changed by `quietline keys` alone.

    RingError    the file is not a ring, or it cannot be written

It is replaced in one step, so whoever reads it finds the old ring or the new one. A key that is taken out goes into
`keys.retired.json` beside it first: backups made before need it.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets as random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gateway.config import Config
from gateway.secrets import FILE_NAME, KEYS, is_json

RETIRED: Final = "keys.retired.json"


class RingError(Exception):
    """The text says what is wrong, without a secret."""


class RingFile:
    """A file that holds a ring.

    Args:
        path: of the file.
        member: under which name the ring stands in it; None where it is the file's whole content.
    """

    def __init__(self, path: Path, member: str | None = None) -> None:
        self.path = path
        self._member = member

    def read(self) -> dict[str, Any]:
        """The ring. Raises RingError."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            ring = document if self._member is None else document[self._member]
            return dict(json.loads(ring) if isinstance(ring, str) else ring)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RingError(f"{self.path} holds no key ring ({type(error).__name__}).") from None

    def read_with_retired(self, purpose: str) -> dict[str, Any]:
        """The ring, with a purpose's retired keys in it again, for what was signed under them. Raises RingError."""
        ring, path = self.read(), self.path.with_name(RETIRED)
        try:
            retired = json.loads(path.read_text(encoding="utf-8")).get(purpose, {}) if path.exists() else {}
            return {**ring, purpose: {**ring[purpose], "keys": {**retired, **ring[purpose]["keys"]}}}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise RingError(f"{path} cannot be read ({type(error).__name__}).") from None

    def follower(self) -> Callable[[], str | None]:
        """For `KeyRing.follow`: the ring's JSON where the file is another than at the last call. Raises nothing."""
        seen = self._signature()

        def changed() -> str | None:
            nonlocal seen
            found = self._signature()
            if found is None or found == seen:
                return None
            try:
                text = json.dumps(self.read())
            except RingError:
                return None
            seen = found
            return text

        return changed

    def add(self, purpose: str, *, current: bool) -> str:
        """Adds a fresh key and returns its id; `current`: it is the one to write with from now on. Raises RingError."""
        with self._locked() as ring:
            keys = _keys(ring, purpose)
            key_id = _next_id(purpose, keys)
            keys[key_id] = base64.b64encode(random.token_bytes(32)).decode()
            if current:
                ring[purpose]["current"] = key_id
            self._replace(ring)
        return key_id

    def use(self, purpose: str, key_id: str) -> None:
        """Makes a key the one to write with. Raises RingError where the ring does not hold it."""
        with self._locked() as ring:
            if key_id not in _keys(ring, purpose):
                raise RingError(f"{purpose} has no key {key_id}.")
            ring[purpose]["current"] = key_id
            self._replace(ring)

    def retire(self, purpose: str, key_ids: list[str], step: Callable[[str], None] = lambda what: None) -> None:
        """Takes keys out of the ring, into the file of the retired ones. Raises RingError."""
        with self._locked() as ring:
            keys = _keys(ring, purpose)
            gone = {
                key_id: keys.pop(key_id) for key_id in key_ids if key_id in keys and key_id != _current(ring, purpose)
            }
            self._keep_retired(purpose, gone)
            step("retired keys kept")
            self._replace(ring)
            step("retired keys taken out")

    def _keep_retired(self, purpose: str, gone: Mapping[str, Any]) -> None:
        path = self.path.with_name(RETIRED)
        try:
            document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            document.setdefault(purpose, {}).update(gone)
        except (OSError, ValueError, AttributeError) as error:
            raise RingError(f"{path} cannot be read ({type(error).__name__}).") from None
        _replace(path, json.dumps(document, indent=2))

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    @contextmanager
    def _locked(self) -> Iterator[dict[str, Any]]:
        """The ring as it stands; nobody else of this command changes it meanwhile."""
        descriptor = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self.read()
        finally:
            os.close(descriptor)

    def _replace(self, ring: dict[str, Any]) -> None:
        document: dict[str, Any] = ring
        if self._member is not None:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            document[self._member] = ring
        _replace(self.path, json.dumps(document, indent=2))


def ring_file(config: Config, environ: Mapping[str, str]) -> RingFile | None:
    """The file that an installation's ring stands in; None where the ring itself is in the environment."""
    given = environ.get(KEYS, "").strip()
    if not given:
        return RingFile(config.data / FILE_NAME, KEYS)
    return None if is_json(given) else RingFile(Path(given).expanduser().absolute())


def _keys(ring: dict[str, Any], purpose: str) -> dict[str, Any]:
    try:
        keys: dict[str, Any] = ring[purpose]["keys"]
    except (KeyError, TypeError):
        raise RingError(f"The ring has no keys for {purpose}.") from None
    return keys


def _current(ring: dict[str, Any], purpose: str) -> str:
    return str(ring[purpose]["current"])


def _next_id(purpose: str, keys: Mapping[str, Any]) -> str:
    """A letter and a number, higher than every one before."""
    numbers = [int(found[1]) for key_id in keys if (found := re.fullmatch(r"[a-z]+([0-9]{1,9})", key_id))]
    letter = {"confidential": "c", "index": "i", "sending": "s"}.get(purpose, "k")
    return f"{letter}{max(numbers, default=len(keys)) + 1}"


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{random.token_hex(4)}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise RingError(f"{path} cannot be written ({type(error).__name__}).") from None


def twin_ring(keys: str) -> dict[str, Any]:
    """What a twin needs of a ring: the index keys, and the public halves of the sending keys (RFC 7748).

    Args:
        keys: the whole ring as JSON.

    Raises RingError.
    """
    try:
        ring = json.loads(keys)
        sending = ring["sending"]
        public = {key_id: _public_half(key) for key_id, key in sending["keys"].items()}
        return {"index": ring["index"], "sending": {"current": sending["current"], "keys": public}}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RingError(f"there is no key ring ({type(error).__name__}).") from None


def _public_half(key: object) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    if isinstance(key, dict):
        return {"public": str(key["public"])}
    private = X25519PrivateKey.from_private_bytes(base64.b64decode(str(key)))
    return {"public": base64.b64encode(private.public_key().public_bytes_raw()).decode()}
