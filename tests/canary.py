"""Looks for numbers and words where they must not be, in every form that they are likely to take (R18, R23)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote_plus


def forms_of_number(number: str) -> list[bytes]:
    """A number in E.164: as it is, without +, national, spaced, URL-encoded, base64, hex, reversed."""
    bare = number.removeprefix("+")
    national = "0" + bare.removeprefix("44")
    spaced = f"{national[:5]} {national[5:]}"
    plain = [number, bare, national, spaced, quote_plus(number), bare[::-1], national[::-1]]
    return [form.encode() for form in plain] + list(_coded(bare.encode()))


def forms_of_words(words: str) -> list[bytes]:
    """Words: as they are, URL-encoded, UTF-16, base64, hex, reversed."""
    plain = [words.encode(), quote_plus(words).encode(), words.encode("utf-16-le"), words[::-1].encode()]
    return plain + list(_coded(words.encode()))


def _coded(data: bytes) -> Iterator[bytes]:
    yield data.hex().encode()
    for offset in range(3):  # base64 looks different at each of three alignments; the ends mix with what stands beside
        coded = base64.b64encode(b"\0" * offset + data)
        yield coded[4:-4] if offset else coded[:-4]


def leaks(folder: Path, forms: Iterable[bytes], *, but: Iterable[str] = ()) -> list[str]:
    """The files under a folder that hold one of the forms, with the form; `but` names files that may."""
    wanted, spared, found = list(forms), set(but), []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in spared:
            continue
        data = path.read_bytes()
        found += [f"{path.relative_to(folder)}: {form.decode(errors='replace')}" for form in wanted if form in data]
    return found
