"""`quietline spool`: what waits on the disk, and another host's brought home."""

from __future__ import annotations

from pathlib import Path

from handlers import spooling
from handlers.spool import Spool
from tests.fakes import Desk
from tests.gateway.cli.test_cli_backup import Installation


def filled(desk: Desk, folder: Path, *bodies: str) -> Spool:
    spool = Spool(folder)
    for body in bodies:
        spooling.keep(desk.service, spool, desk.text(body))
    return spool


def test_f7_it_counts_what_waits(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    desk = installation.desk
    assert installation.run("spool").exit_code == 0
    filled(desk, installation.data / "spool", "hello", "canary words")
    shown = installation.run("spool")
    assert (shown.exit_code, shown.output) == (1, "2 texts wait, 0 lines cannot be read.\n")


def test_f21_another_hosts_spool_is_merged_by_id_as_often_as_one_likes(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    desk = installation.desk
    spool = filled(desk, tmp_path / "lost host", "hello", "canary words")
    for _ in range(2):
        done = installation.run("spool", "merge", str(spool.path))
        assert done.exit_code == 0, done.output
        assert "canary" not in done.output
    assert {state for (state,) in desk.rows("SELECT state FROM inbox")} <= {"due", "held"}
    assert len(desk.rows("SELECT id FROM inbox")) == 2


def test_a_spool_of_another_ring_is_kept(tmp_path: Path) -> None:
    installation, other = Installation(tmp_path / "data"), Installation(tmp_path / "other")
    desk = installation.desk
    spool = filled(other.desk, tmp_path / "lost host", "hello")
    done = installation.run("spool", "merge", str(spool.path))
    assert done.exit_code == 2
    assert "keep the file" in done.output
    assert desk.rows("SELECT id FROM inbox") == []
