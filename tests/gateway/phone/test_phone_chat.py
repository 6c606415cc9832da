"""`quietline phone` against a running gateway, in a pipe and at a terminal, as its own process."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gateway.phone.gateways import SECRET, Gateway, running
from tests.gateway.served import unused_address
from tests.waiting import until

PROMPT_IS_READY = "\x1b[?2004h"  # the terminal is asked to mark what is pasted
QUIETLINE = Path(sys.executable).with_name("quietline")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as `quietline up` leaves it."""
    (tmp_path / "secrets.json").write_text(json.dumps({"QUIETLINE_SIMULATOR_SECRET": SECRET}))
    return tmp_path


def _environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUIETLINE_")}
    return kept | {"QUIETLINE_DATA": str(data), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"} | more


def _pipe(data: Path, url: str, typed: str, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [QUIETLINE, "phone", "--url", url, *options],
        input=typed,
        capture_output=True,
        encoding="utf-8",
        env=_environment(data, **more),
        timeout=60,
        check=False,
    )


def test_in_a_pipe_each_line_is_a_text_and_the_exchange_is_a_script(data: Path):
    with running(Gateway()) as gateway:
        ran = _pipe(data, gateway.url, "man staring\n\n  clapham j \n")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "> man staring\n< You said man staring\n> clapham j\n< You said clapham j\n"
    assert [(text.sender, text.recipient) for text in gateway.texts] == [("+447700900001", "61016")] * 2


def test_p4_bytes_that_are_no_text_do_not_end_the_phone(data: Path):
    with running(Gateway()) as gateway:
        ran = subprocess.run(
            [QUIETLINE, "phone", "--url", gateway.url],
            input=b"caf\xe9\x00\n\xf0\x9f\x98\x80\n",
            capture_output=True,
            env=_environment(data, LC_ALL="C"),
            timeout=60,
            check=False,
        )

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode().splitlines()[1:] == [
        "< You said caf\ufffd\ufffd",
        "> \U0001f600",
        "< You said \U0001f600",
    ]


def test_texts_of_timers_are_heard_too_but_none_from_before_or_from_others(data: Path):
    gateway = Gateway()
    gateway.says = lambda text: gateway.send("still there?") or gateway.send("not ours", by="62022")  # type: ignore[func-returns-value]
    for number in range(150):
        gateway.send(f"old {number}")
    with running(gateway):
        ran = _pipe(data, gateway.url, "hello\n")

    assert ran.stdout == "> hello\n< still there?\n"


def test_who_texts_whom_can_be_chosen(data: Path):
    with running(Gateway()) as gateway:
        _pipe(data, gateway.url, "hello\n", "--from", "whatsapp:+447700900009", "--to", "+447700900999")

    (text,) = gateway.texts
    assert (text.medium, text.sender, text.recipient) == ("whatsapp", "+447700900009", "+447700900999")


def test_the_secret_may_come_from_the_environment(tmp_path: Path):
    with running(Gateway()) as gateway:
        ran = _pipe(tmp_path, gateway.url, "hello\n", QUIETLINE_SIMULATOR_SECRET=SECRET)

    assert ran.stdout == "> hello\n< You said hello\n"


def test_no_gateway_no_secret_wrong_secret_each_gets_a_clear_line_and_exit_code_2(data: Path, tmp_path_factory):
    nobody = unused_address()
    with running(Gateway()) as gateway:
        runs = {
            f"No gateway answers at {nobody}. Start one with: quietline up": _pipe(data, nobody, "hello\n"),
            "There is no secret in": _pipe(tmp_path_factory.mktemp("empty"), gateway.url, "hello\n"),
            "The gateway refuses this phone's signature.": _pipe(
                data, gateway.url, "hello\n", QUIETLINE_SIMULATOR_SECRET="wrong"
            ),
        }

    for said, ran in runs.items():
        assert ran.returncode == 2
        assert ran.stdout == ""
        assert ran.stderr.startswith(said)
        assert "Traceback" not in ran.stderr


class Terminal:
    """A person at a terminal of 80 columns with `quietline phone` in it."""

    def __init__(self, data: Path, url: str) -> None:
        self._ours, theirs = pty.openpty()
        self.phone = subprocess.Popen(
            [QUIETLINE, "phone", "--url", url],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=_environment(data, COLUMNS="80", LINES="24"),
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)
        self.screen = ""

    def types(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._ours, keys.encode())

    def sees(self, text: str) -> bool:
        """Whether a text has been shown by now."""
        try:
            while shown := os.read(self._ours, 65536):
                self.screen += shown.decode("utf-8", "replace")
        except OSError:  # nothing more just now, or the phone has hung up
            pass
        return text in self.screen

    def close(self) -> None:
        """Ends the phone if it still runs."""
        self.phone.kill()
        self.phone.wait()
        os.close(self._ours)


@contextmanager
def _terminal(data: Path, gateway: Gateway) -> Iterator[Terminal]:
    terminal = Terminal(data, gateway.url)
    try:
        yield terminal
    finally:
        terminal.close()


def test_a_chat_at_a_terminal_has_two_sides_and_hears_timers_while_one_types(data: Path):
    with running(Gateway()) as gateway, _terminal(data, gateway) as terminal:
        until(lambda: terminal.sees("Texting 61016 as +447700900001."))
        terminal.types("clapham j\r")
        until(lambda: terminal.sees("You said clapham j"))
        until(lambda: terminal.sees("1 segment"))
        terminal.types("half a thou")
        gateway.send("still there?")
        until(lambda: terminal.sees("still there?"))
        terminal.types("ght\r")
        until(lambda: terminal.sees("You said half a thought"))
        terminal.types("\x04")
        assert terminal.phone.wait(20) == 0

    assert [text.body for text in gateway.texts] == ["clapham j", "half a thought"]


def test_ctrl_c_leaves_the_chat_cleanly(data: Path):
    with running(Gateway()) as gateway, _terminal(data, gateway) as terminal:
        until(lambda: terminal.sees("Ctrl-D leaves."))
        until(lambda: terminal.sees(PROMPT_IS_READY))
        terminal.types("\x03")
        assert terminal.phone.wait(20) == 0
        terminal.sees("")

    assert "Traceback" not in terminal.screen


def test_a_gateway_that_goes_away_during_a_chat_is_said_and_the_chat_goes_on(data: Path):
    gateway = Gateway()
    with running(gateway):
        terminal = Terminal(data, gateway.url)
        until(lambda: terminal.sees("Ctrl-D leaves."))
    try:
        terminal.types("anybody?\r")
        until(lambda: terminal.sees("No gateway answers at"))
        until(lambda: terminal.types("\x04") or terminal.phone.poll() is not None)  # a key between two prompts is lost
        assert terminal.phone.wait(20) == 0
    finally:
        terminal.close()


def test_ctrl_c_in_a_pipe_ends_without_a_traceback(data: Path):
    with running(Gateway()) as gateway:
        phone = subprocess.Popen(
            [QUIETLINE, "phone", "--url", gateway.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(data),
        )
        assert phone.stdin is not None
        phone.stdin.write(b"hello\n")
        phone.stdin.flush()
        until(lambda: gateway.texts)
        phone.send_signal(signal.SIGINT)
        _, errors = phone.communicate(timeout=20)

    assert phone.returncode == 130
    assert errors == b""
