"""`python -m tests.storm`: one storm on each database, as large as asked; exits with 1 where anything was lost.

--messages 10000 --kills 150        the larger promise; --messages 100000 --kills 1500 the largest
Beside the kills: FLUSHALL, stopped processes, reloads, a locked database, PostgreSQL restarted as after a power cut, a
control room that is rude and hangs, texts sent twice by the carrier and by the network, out of order, and dropped.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.processes import no_stragglers
from tests.postgres import Server
from tests.storm.storm import Storm


def main() -> int:
    """Blows the storms, prints their tables; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    args = parser.parse_args()
    kinds = ("sqlite", "postgresql") if args.database == "both" else (args.database,)
    return max(_blow(kind, args) for kind in kinds)


def _blow(kind: str, args: argparse.Namespace) -> int:
    server = Server.start() if kind == "postgresql" else None
    try:
        with tempfile.TemporaryDirectory(prefix="qlstorm-") as folder, no_stragglers():
            url = server.create("storm") if server else ""
            result = Storm(Path(folder), args.messages, args.kills, args.seed, url, server=server).blow()
    finally:
        if server:
            server.stop()
    verdict = ("kept" if result.holds else "BROKEN") + ("" if result.is_quick else ", webhook p99 over 500 ms")
    print(f"\n{kind}, seed {args.seed}: {verdict}\n{result.table()}", flush=True)
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
