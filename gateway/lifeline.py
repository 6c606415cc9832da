"""Ends a process when the one that looks after it is gone, however that one ended.

A process that is killed with SIGKILL cannot stop its children, and children outlive their parents. So each child
watches: `follow` by a process descriptor (pidfd_open(2), Linux 5.3) or, where there is none, by asking twice a second;
`die_with` by the kernel's parent-death signal, for programs that are not ours.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

# Shorter than the 5 s after which process runners kill what they have asked to stop.
GRACE_SECONDS: Final = 4.0
_POLL_SECONDS: Final = 0.5
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>


def follow(pid: int, grace: float = GRACE_SECONDS) -> None:
    """Ends this process when process `pid` ends: SIGTERM at once, SIGKILL `grace` seconds later.

    Returns at once; a daemon thread watches. Where `pid` has ended already, so does this process. A child forked from
    this one does not inherit the watch and calls `follow` itself.
    """
    # Opened before this returns: from here on the number cannot come to mean another process.
    descriptor = _descriptor(pid)
    threading.Thread(target=_end_after, args=(pid, descriptor, grace), name="lifeline", daemon=True).start()


def die_with(parent: int) -> Callable[[], None]:
    """For `Popen(preexec_fn=...)`: what makes a program that is not ours get SIGTERM when process `parent` ends.

    The kernel sends the signal when the *thread* that forked ends: start such a process from the main thread.
    Linux alone; elsewhere the function does nothing. Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def in_the_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the kernel was told
            os._exit(1)

    return in_the_child


def _descriptor(pid: int) -> int | None:
    """A descriptor that turns readable when the process ends; None where there is no such process or no such call."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _end_after(pid: int, descriptor: int | None, grace: float) -> None:
    if descriptor is None:
        _poll(pid)
    else:
        watched = select.poll()
        watched.register(descriptor, select.POLLIN)
        watched.poll()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace)
    os.kill(os.getpid(), signal.SIGKILL)


def _poll(pid: int) -> None:
    pause = threading.Event()
    while _lives(pid):
        pause.wait(_POLL_SECONDS)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, and alive
    return True
