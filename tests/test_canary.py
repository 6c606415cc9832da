"""The canary search finds what it should."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.canary import forms_of_number, forms_of_words, leaks

NUMBER, WORDS = "+447700900123", "sat opposite and stared"


@pytest.mark.parametrize(
    "leak",
    [b"+447700900123", b"From=%2B447700900123&", b"07700900123", b"07700 900123", b"321009007744",
     base64.b64encode(b"x447700900123y"), base64.b64encode(b"xx447700900123y"), b"343437373030393030313233"],
)  # fmt: skip
def test_it_finds_a_number_in_every_form(tmp_path: Path, leak: bytes) -> None:
    (tmp_path / "log").write_bytes(b"before " + leak + b" after")
    assert leaks(tmp_path, forms_of_number(NUMBER))


@pytest.mark.parametrize(
    "leak", [WORDS.encode(), b"sat+opposite+and+stared", base64.b64encode(b"he " + WORDS.encode())]
)
def test_it_finds_words_in_every_form(tmp_path: Path, leak: bytes) -> None:
    (tmp_path / "log").write_bytes(leak)
    assert leaks(tmp_path, forms_of_words(WORDS))


def test_it_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"the turn of row 7 failed (KeyError)")
    assert leaks(tmp_path, [*forms_of_number(NUMBER), *forms_of_words(WORDS)]) == []
