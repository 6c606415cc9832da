"""What /proc says of a server: its process tree, CPU, memory, who holds which connection, what was left behind."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")

_HELPERS = ("resource_tracker", "handlers.records.migrate")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, ...; empty for a process that is gone or dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] in "ZX" else fields


def tree(root: int) -> list[int]:
    """The process and everything below it, the process first."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(int(entry))):
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found = [root] if _stat(root) else []
    for pid in found:
        found.extend(parents.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the tree so far; children that have already ended are in it once they were waited for."""
    return sum(sum(int(ticks) for ticks in fields[11:15]) for fields in map(_stat, tree(root)) if fields) / _TICKS


def _field(path: str, name: str) -> int:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def rss_mib(pid: int) -> float:
    """Resident memory of one process in MiB."""
    return _field(f"/proc/{pid}/status", "VmRSS:") / 1024


def pss_mib(pid: int) -> float:
    """Proportional memory of one process in MiB: pages shared by n processes count 1/n."""
    return _field(f"/proc/{pid}/smaps_rollup", "Pss:") / 1024


def workers(root: int) -> list[int]:
    """The processes that serve: the leaves of a server's tree, its master and what helps for a moment left out."""
    below = [pid for pid in tree(root)[1:] if not any(helper in command(pid) for helper in _HELPERS)]
    parents = {int(fields[1]) for fields in map(_stat, below) if fields}
    return sorted(pid for pid in below if pid not in parents)


def command(pid: int) -> str:
    """The command line, words apart by blanks; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def tagged(tag: str) -> list[int]:
    """Live processes whose environment carries this tag, wherever they now hang in the tree."""
    found = []
    needle = tag.encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with suppress(OSError):
            if needle in Path(f"/proc/{entry}/environ").read_bytes() and _stat(int(entry)):
                found.append(int(entry))
    return found


def gone(pids: list[int], within: float) -> list[int]:
    """Waits until none of the processes lives; those that still do after `within` seconds."""
    deadline = time.monotonic() + within
    while (left := [pid for pid in pids if _stat(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def holders(port: int, pids: list[int]) -> dict[int, int]:
    """Which of these processes holds the server's end of each connection to `port`, by the client's port."""
    sockets: dict[str, int] = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        local, remote, state, inode = columns[1], columns[2], columns[3], columns[9]
        if state == "01" and int(local.split(":")[1], 16) == port:
            sockets[f"socket:[{inode}]"] = int(remote.split(":")[1], 16)
    found = {}
    for pid in pids:
        for path in Path(f"/proc/{pid}/fd").glob("*"):  # nothing where the process has gone
            with suppress(OSError):
                link = os.readlink(path)
                if link in sockets:
                    found[sockets[link]] = pid
    return found
