"""S22: no process outlives the one that looks after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.programs import Programs, programs
from tests.waiting import until

SLEEPER = "import signal; signal.pause()"
FOLLOWER = """
import os, signal, sys, threading
from gateway import lifeline
{before}
lifeline.follow(int(sys.argv[1]), grace=0.3)
print("following", flush=True)
threading.Event().wait()
"""
ENDS_IN_ORDER = "signal.signal(signal.SIGTERM, lambda *_: (print('in order', flush=True), os._exit(7)))"
WITHOUT_DESCRIPTORS = "del os.pidfd_open\n"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path) as started:
        yield started


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("platform", ["", WITHOUT_DESCRIPTORS], ids=["by descriptor", "by asking"])
def test_a_follower_ends_in_order_when_its_leader_is_killed(run: Programs, platform: str) -> None:
    leader = run.python("-c", SLEEPER)
    follower = run.python("-c", FOLLOWER.format(before=platform + ENDS_IN_ORDER), str(leader.pid))
    follower.says("following")
    leader.process.kill()
    leader.process.wait()
    assert follower.ends() == 7
    follower.says("in order")


def test_a_follower_that_does_not_listen_is_killed_after_its_grace(run: Programs) -> None:
    leader = run.python("-c", SLEEPER)
    follower = run.python("-c", FOLLOWER.format(before=STUBBORN), str(leader.pid))
    follower.says("following")
    leader.process.kill()
    assert follower.ends() == -signal.SIGKILL


def test_a_follower_lives_while_its_leader_does(run: Programs) -> None:
    leader = run.python("-c", SLEEPER)
    follower = run.python("-c", FOLLOWER.format(before=""), str(leader.pid))
    follower.says("following")
    with pytest.raises(subprocess.TimeoutExpired):
        follower.process.wait(0.6)


@pytest.mark.parametrize("platform", ["", WITHOUT_DESCRIPTORS], ids=["by descriptor", "by asking"])
def test_a_leader_that_is_gone_already_ends_the_follower(run: Programs, platform: str) -> None:
    follower = run.python("-c", FOLLOWER.format(before=platform), str(_ended_process()))
    assert follower.ends() == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_program_that_is_not_ours_dies_with_its_parent(run: Programs) -> None:
    starts_one = """
import os, subprocess, sys, threading
from gateway.lifeline import die_with
child = subprocess.Popen(["sleep", "60"], preexec_fn=die_with(os.getpid()))
print(child.pid, flush=True)
threading.Event().wait()
"""
    parent = run.python("-c", starts_one)
    parent.says("\n")
    assert run.named("sleep 60") == [int(parent.output)]
    os.kill(parent.pid, signal.SIGKILL)
    parent.process.wait()
    until(lambda: not run.living(), 5, "the child lives on")
