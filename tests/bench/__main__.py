"""`python -m tests.bench` prints the table. Exits 0 unless something broke (`--strict`: or a due bar is missed)."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from tests.bench import desk_rows, reading, rows_burst, rows_guards, rows_rest, rows_servers, rows_slow, rows_web
from tests.bench.processes import BenchError, no_stragglers
from tests.bench.report import Row, as_json, markdown, table
from tests.bench.serve import SERVERS
from tests.bench.settings import Settings

SECTIONS: dict[str, Callable[[Settings, Path], list[Row]]] = {
    "engine": rows_rest.engine_rows,
    "start": rows_rest.start_rows,
    "servers": rows_servers.rows,
    "web": rows_web.rows,
    "guards": rows_guards.rows,
    "burst": rows_burst.rows,
    "slow": rows_slow.rows,
    "backlog": rows_rest.backlog_rows,
    "kills": rows_rest.kill_rows,
    "reading": reading.section,
    "arrival": desk_rows.arrival,
    "pages": desk_rows.pages,
    "desks": desk_rows.many,
}


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    standard = Settings()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ratios against bare floors, one run.")
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all when none is given"
    )
    parser.add_argument("--pairs", type=int, default=standard.pairs, help="interleaved pairs behind each ratio")
    parser.add_argument("--seconds", type=float, default=standard.seconds, help="length of a saturated slice")
    parser.add_argument("--connections", type=int, default=standard.connections, help="of the closed loop")
    parser.add_argument("--reporters", type=int, default=standard.reporters, help="of the burst, six texts each")
    parser.add_argument("--window", type=float, default=standard.window, help="seconds of the burst")
    parser.add_argument("--full", action="store_true", help="2,000 reporters in 60 s and a backlog of 10,000 reports")
    parser.add_argument("--server", choices=SERVERS, default=standard.server, help="server class of the floors")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a due bar is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep data and logs there, a folder a section")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    args = parser.parse_args(argv)
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    return args


def settings_of(args: argparse.Namespace) -> Settings:
    """What the command line asks for."""
    names = ("pairs", "seconds", "connections", "reporters", "window", "server")
    settings = Settings(**{name: getattr(args, name) for name in names})
    return replace(settings, reporters=2000, window=60.0, backlog=10_000) if args.full else settings


@contextmanager
def _folder(section: str, keep: Path | None) -> Iterator[Path]:
    """An empty folder for one section, thrown away unless `keep` names where it stays."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix=f"quietline-bench-{section}-") as folder:
            yield Path(folder)
    else:
        folder_kept = keep.absolute() / section
        folder_kept.mkdir(parents=True)
        yield folder_kept


def measure(sections: Sequence[str], settings: Settings, keep: Path | None = None) -> tuple[list[Row], list[str]]:
    """All rows, and what broke: one section that breaks does not keep the others from being measured."""
    rows: list[Row] = []
    broken: list[str] = []
    for name in sections:
        began = time.monotonic()
        with _folder(name, keep) as folder, no_stragglers():
            try:
                rows += SECTIONS[name](settings, folder)
            except (BenchError, OSError, TimeoutError) as error:
                broken.append(f"{name}: {error}")
                rows.append(Row(name, f"section {name}", "", skipped="broke, see below"))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows, broken


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    args = arguments(sys.argv[1:] if argv is None else argv)
    settings = settings_of(args)
    rows, broken = measure(args.sections or list(SECTIONS), settings, args.keep)
    print((markdown if args.markdown else table)(rows))
    for problem in broken:
        print(f"broke: {problem}", file=sys.stderr)
    if args.json:
        args.json.write_text(as_json(rows, asdict(settings)))
    missed = args.strict and any(row.verdict == "MISS" for row in rows)
    return 1 if broken or missed else 0


if __name__ == "__main__":
    sys.exit(main())
