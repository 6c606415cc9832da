"""`quietline flows`: checks flows and lists what they text."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from conversations import flows
from conversations.flows import slugs
from gateway.cli import main

STARTER = Path(flows.__file__).with_name("starter.yaml").read_text("utf-8")


def test_the_shipped_flows_may_be_published():
    ran = CliRunner().invoke(main, ["flows", "lint"])

    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [f"{slug}.yaml: nothing to complain about." for slug in slugs()]


def test_r1_a_word_that_would_expose_the_reporter_is_told_with_its_place(tmp_path: Path):
    flow = tmp_path / "mine.yaml"
    flow.write_text(STARTER.replace("Thanks, we have added that.", "Thanks, the police have added that."))

    ran = CliRunner().invoke(main, ["flows", "lint", str(flow)])

    assert ran.exit_code == 1
    line = STARTER[: STARTER.index("Thanks, we have added that.")].count("\n") + 1
    assert ran.stdout.startswith(f"mine.yaml: line {line}, column 9: added (en): ")


@pytest.mark.parametrize("text", ["", "flow: [", "\x00", "flow: x"])
def test_what_is_no_flow_is_told_with_line_and_column(tmp_path: Path, text: str):
    flow = tmp_path / "mine.yaml"
    flow.write_text(text)

    ran = CliRunner().invoke(main, ["flows", "lint", str(flow)])

    assert ran.exit_code == 1
    assert ran.stdout.startswith("mine.yaml: line ")
    assert CliRunner().invoke(main, ["flows", "texts", str(flow)]).exit_code == 2


def test_every_text_is_listed_with_what_it_costs():
    ran = CliRunner().invoke(main, ["flows", "texts"])

    headings, *rows = ran.stdout.splitlines()
    assert headings.split() == ["FLOW", "STEP", "LANGUAGE", "SEGMENTS", "UNITS", "ENCODING", "TEXT"]
    (stop,) = (row.split(maxsplit=6) for row in rows if row.split()[1] == "stop")
    assert stop[:4] == ["starter", "stop", "en", "1"]
    assert int(stop[4]) == len(stop[6])


def test_a_file_that_is_not_there_is_a_clear_line(tmp_path: Path):
    ran = CliRunner().invoke(main, ["flows", "lint", str(tmp_path / "none.yaml")])

    assert ran.exit_code == 2
    assert "does not exist" in ran.stderr
