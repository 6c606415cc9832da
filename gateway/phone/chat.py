"""A chat at a terminal: bubbles on two sides, and texts that a timer sends come in while one types."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from conversations.texts import segments
from gateway.channels.addresses import join_address, split_address
from gateway.phone.bubbles import Screen, Side, bubble
from gateway.phone.pipe import Client, Letters
from gateway.phone.visit import PhoneError

POLL_SECONDS: Final = 2.0
_WELCOME: Final = "Texting {to} as {sender}. Enter sends, Ctrl-D leaves.\n"


def chat(client: Client) -> None:
    """Chats at the terminal until Ctrl-C or Ctrl-D. Raises PhoneError where nobody answers at the start."""
    letters = Letters(client)
    letters.skip()
    session: PromptSession[str] = PromptSession(erase_when_done=True)
    shown = join_address(*split_address(client.recipient, "to"))
    print(_WELCOME.format(to=shown, sender=client.sender))  # noqa: T201 - this is the screen
    over = Event()
    with patch_stdout(raw=True):
        watcher = Thread(target=_watch, args=(letters, over), daemon=True)
        watcher.start()
        with suppress(EOFError, KeyboardInterrupt):
            while True:
                _say(client, session.prompt("> "))
        over.set()
        watcher.join()


def _say(client: Client, typed: str) -> None:
    if not (said := typed.strip()):
        return
    _show(said, Side.PHONE)
    try:
        reply = client.text(said)
    except PhoneError as error:
        _print(f"{error}\n")
        return
    if reply is not None:
        _show(reply, Side.GATEWAY)


def _watch(letters: Letters, over: Event) -> None:
    """Shows texts that come by themselves. A gateway that is away is told of by the next text, not here."""
    while not over.wait(POLL_SECONDS):
        with suppress(PhoneError):
            for text in letters.fetch():
                _show(text, Side.GATEWAY)


def _show(text: str, side: Side) -> None:
    caption = f"{datetime.now().astimezone():%H:%M}"
    if side is Side.GATEWAY:
        count = segments(text).count
        caption += f"  {count} segment{'' if count == 1 else 's'}"
    _print(bubble(text, caption, side, _screen()))


def _screen() -> Screen:
    colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return Screen(shutil.get_terminal_size().columns, colours)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
