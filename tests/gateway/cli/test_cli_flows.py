"""`quietline flows`: checks flows and lists what they text."""

from __future__ import annotations

import json
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
    said = [line for line in ran.stdout.splitlines() if ": to know: " not in line]
    assert said == [f"{slug}.yaml: nothing to complain about." for slug in slugs()]


def test_a_language_nobody_has_read_yet_is_said_and_keeps_nothing_back():
    ran = CliRunner().invoke(main, ["flows", "lint", "railway"])

    assert ran.exit_code == 0
    assert "no speaker of this language has read the texts yet" in ran.stdout


def test_services_that_nobody_has_checked_are_named_with_what_to_confirm():
    ran = CliRunner().invoke(main, ["flows", "lint", "railway"])

    said = [line for line in ran.stdout.splitlines() if line.startswith("support services: to know: ")]
    [welsh] = [line for line in said if "live-fear-free" in line]
    assert "(0808 80 10 800) does not go out in production: nobody has checked it. Confirm the number, " in welsh
    assert not any("childline" in line for line in said)


def test_a_fault_of_the_way_is_shown_as_a_conversation(tmp_path: Path):
    flow = tmp_path / "mine.yaml"
    flow.write_text(STARTER.replace("ask: [in_danger, near]", "ask: [in_danger, near, account]"))

    ran = CliRunner().invoke(main, ["flows", "lint", str(flow)])

    assert ran.exit_code == 1
    assert "    > .\n    < Are you in danger now? 1 yes 2 no\n    > skip\n" in ran.stdout


def test_r13_an_edit_is_held_against_the_published_flow(tmp_path: Path):
    flow = tmp_path / "mine.yaml"
    flow.write_text(STARTER.replace("forget it]", "leave it]"))

    ran = CliRunner().invoke(main, ["flows", "lint", str(flow), "--previous", "starter"])

    assert ran.exit_code == 1
    assert "'forget it' may not be dropped (R13)" in ran.stdout
    assert CliRunner().invoke(main, ["flows", "lint", str(flow)]).exit_code == 0


def test_the_schema_is_printed():
    ran = CliRunner().invoke(main, ["flows", "schema"])

    assert json.loads(ran.stdout)["title"] == "A Quietline flow"


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
    names = ["FLOW", "STEP", "PART", "LANGUAGE", "SEGMENTS", "UNITS", "ENCODING", "COSTLY", "TEXT"]
    assert headings.split() == names
    (stop,) = (row.split(maxsplit=8) for row in rows if row.split()[:2] == ["starter", "stop"])
    assert stop[:5] == ["starter", "stop", "line", "en", "1"]
    assert int(stop[5]) == len(stop[8])


def test_a_file_that_is_not_there_is_a_clear_line(tmp_path: Path):
    ran = CliRunner().invoke(main, ["flows", "lint", str(tmp_path / "none.yaml")])

    assert ran.exit_code == 2
    assert "does not exist" in ran.stderr
