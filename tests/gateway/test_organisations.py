"""The organisations file: who takes reports, checked to the column."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import EXAMPLE_ORGANISATIONS, ConfigError
from gateway.organisations import Installation, OrganisationsError, build_sinks, read_organisations
from handlers.flow_store import StoredFlows
from handlers.sinks import build

WELL = """\
sinks:
  desk:
    kind: webhook
    url: https://desk.example.org/in
    secret: env:DESK_SECRET
  file:
    kind: file
    path: data:reports.jsonl
organisations:
  - id: north
    name: Northern Police
    timezone: Europe/London
    languages: [en, cy]
    flow: starter
    addresses: ["sms:61016", sms:+447700900999]
    sinks: [desk, file]
  - id: trams
    name: City Trams
    timezone: Europe/Dublin
    languages: [en]
    flow: starter
    addresses: [whatsapp:+447700900999]
    sinks: [file]
"""
SPEAKS = {"starter": ("en", "cy")}


def _read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Installation:
    file = folder / "organisations.yaml"
    file.write_text(text, encoding="utf-8")
    environ = {"DESK_SECRET": "s3cret"} if environ is None else environ
    return read_organisations(file, data=Path("/var/lib/q"), environ=environ, flow_languages=SPEAKS.get)


def _problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(OrganisationsError) as refused:
        _read(folder, text, environ)
    return [str(problem) for problem in refused.value.places]


def test_several_organisations_in_one_installation(tmp_path: Path):
    installation = _read(tmp_path, WELL)

    north, trams = installation.organisations
    assert (north.id, north.languages, north.addresses) == ("north", ("en", "cy"), ("sms:61016", "sms:+447700900999"))
    assert (trams.timezone, trams.flow, trams.sinks) == ("Europe/Dublin", "starter", ("file",))
    assert [(sink.id, sink.kind) for sink in installation.sinks] == [("desk", "webhook"), ("file", "file")]


CONFIDENTIAL = (
    WELL.replace("sinks: [file]\n", "sinks: [file]\n    confidential: [rail_staff]\n")
    .replace(
        "    sinks: [desk, file]\n",
        "    sinks: [desk, file]\n    confidential: [police]\n    confidential_sinks: [apart]\n"
        "    area: [Wales, CDF]\n",
    )
    .replace("sinks:\n  desk:", "sinks:\n  apart:\n    kind: file\n    path: data:apart.jsonl\n  desk:", 1)
)


def test_whose_conduct_is_confidential_and_where_reports_about_it_go(tmp_path: Path):
    north, trams = _read(tmp_path, CONFIDENTIAL).organisations

    assert (north.confidential, north.confidential_sinks, north.area) == (("police",), ("apart",), ("Wales", "CDF"))
    assert (trams.confidential, trams.confidential_sinks, trams.people) == (("rail_staff",), (), True)


def test_r8_an_operators_sinks_are_known_to_everybody_who_uses_them(tmp_path: Path):
    text = CONFIDENTIAL.replace("    area: [", "    people: no\n    area: [").replace(
        "    name: City Trams", "    name: City Trams\n    operator: City Trams"
    )
    text = text.replace("    kind: webhook", "    kind: webhook\n    operator: Southern")

    north, trams = _read(tmp_path, text).organisations

    assert dict(north.sink_operators) == {"desk": "Southern", "file": "City Trams"}
    assert (trams.operator, dict(trams.sink_operators)) == ("City Trams", {"file": "City Trams"})
    assert north.people is False


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[police]", "[officers]", "line 20, column 20: expected police or rail_staff"),
        ("[police]", "[police, police]", "line 20, column 28: 'police' is here twice"),
        ("[apart]", "[none]", "line 21, column 26: there is no sink of that name"),
        ("[apart]", "[file]", "line 21, column 26: this sink gets ordinary reports too"),
        ("[apart]", "[]", "line 21, column 25: confidential_sinks needs at least one entry"),
        ("    confidential: [police]\n", "", "line 20, column 25: confidential_sinks needs confidential"),
        ("[Wales, CDF]", "[Cardiff]", "line 22, column 12: area must name countries"),
        ("[Wales, CDF]", "[CDF]\n    people: perhaps", "line 23, column 13: expected yes or no"),
        (
            "[Wales, CDF]",
            "[CDF]\n    operator: Northern",
            "line 23, column 15: an operator's own staff",
        ),
    ],
)
def test_a_mistake_about_what_is_confidential_is_told_with_its_place(tmp_path: Path, old: str, new: str, problem: str):
    assert old in CONFIDENTIAL

    assert any(told.startswith(problem) for told in _problems(tmp_path, CONFIDENTIAL.replace(old, new, 1)))


def test_secrets_come_from_the_environment_and_files_lie_in_the_data_folder(tmp_path: Path):
    desk, file = _read(tmp_path, WELL).sinks

    assert desk.settings == {"url": "https://desk.example.org/in", "secret": "s3cret"}
    assert file.settings == {"path": "/var/lib/q/reports.jsonl"}
    assert "s3cret" not in repr(desk)


def test_references_stay_as_they_are_where_nothing_is_forwarded(tmp_path: Path):
    (tmp_path / "o.yaml").write_text(WELL)

    installation = read_organisations(tmp_path / "o.yaml", data=tmp_path, environ=None, flow_languages=None)

    assert installation.sinks[0].settings["secret"] == "env:DESK_SECRET"


def test_the_example_lets_a_newcomer_see_a_report(tmp_path: Path):
    installation = read_organisations(
        EXAMPLE_ORGANISATIONS, data=tmp_path, environ={}, flow_languages=StoredFlows().languages
    )

    demo = installation.organisations[0]
    assert (demo.id, demo.name, demo.flow) == ("demo", "Demonstration Transport Police", "railway")
    assert demo.addresses == ("sms:61016", "sms:+447700900999")
    sink = installation.sinks[0]
    assert (sink.id,) == demo.sinks
    assert sink.settings == {"path": str(tmp_path / "reports.jsonl")}
    assert build(sink.kind, sink.id, sink.settings).wants("complete")


def test_the_example_shows_three_kinds_of_organisation_each_with_confidential_sinks(tmp_path: Path):
    installation = read_organisations(
        EXAMPLE_ORGANISATIONS, data=tmp_path, environ={}, flow_languages=StoredFlows().languages
    )

    assert len({each.flow for each in installation.organisations}) == 3
    assert all(each.confidential and each.confidential_sinks for each in installation.organisations)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("id: north", "id: North", "line 10, column 9: id must be small letters, digits and hyphens"),
        ("id: trams", "id: north", "line 17, column 9: this id is already that of north"),
        ("name: City Trams", "name: ' '", "line 18, column 11: expected a text that is not blank"),
        ("name: City Trams", "nmae: City Trams", "line 17, column 5: 'name' is missing"),
        ("Europe/Dublin", "Europe/Dubbelin", "line 19, column 15: timezone must be a place such as Europe/London"),
        ("Europe/Dublin", "Europe", "line 19, column 15: timezone must be a place such as Europe/London"),
        ("Europe/Dublin", "../../etc/passwd", "line 19, column 15: timezone must be a place such as Europe/London"),
        ("[en, cy]", "[en, de]", "line 13, column 21: the flow starter does not speak de"),
        ("[en, cy]", "[English]", "line 13, column 17: a language must be a code such as en or cy"),
        ("[en, cy]", "[]", "line 13, column 16: languages needs at least one entry"),
        ("[en, cy]", "en", "line 13, column 16: expected a list"),
        (
            "    flow: starter\n    addresses: [w",
            "    flow: none\n    addresses: [w",
            "line 21, column 11: there is no flow none",
        ),
        ("[desk, file]", "[desk, mail]", "line 16, column 19: there is no sink of that name"),
        ("[desk, file]", "[]", "line 16, column 12: sinks needs at least one entry"),
        ("[desk, file]", "[desk, desk]", "line 16, column 19: 'desk' is here twice"),
        ('"sms:61016"', "'61016'", "line 15, column 17: an address must name its medium, such as sms:61016"),
        ('"sms:61016"', "sms:07700 900999", "line 15, column 17: an sms address must be a number as +447700900999"),
        ("whatsapp:+447700900999", "sms:+447700900999", "line 22, column 17: this address is already that of north"),
        ("whatsapp:+447700900999", "'whatsapp:'", "line 22, column 17: an address must be 1 to 64 letters"),
        ("env:DESK_SECRET", "hunter2", "line 5, column 13: secret must be given as env:NAME"),
        ("env:DESK_SECRET", "env:OTHER", "line 5, column 13: the environment has no OTHER"),
        ("env:DESK_SECRET", "'env:'", "line 5, column 13: the environment has no variable without a name"),
        ("    kind: webhook\n", "", "line 3, column 5: 'kind' is missing"),
        ("  desk:\n", "  Desk 1:\n", "line 3, column 5: the name of a sink must be small letters, digits and hyphens"),
        ("    path: data", "    path: [x]\n    p: data", "line 8, column 11: expected a text"),
        ("organisations:", "organisation:", "line 1, column 1: 'organisations' is missing"),
        ("sinks:\n  desk", "sinks: 5\nx:\n  desk", "line 1, column 8: expected keys and values"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(tmp_path: Path, old: str, new: str, problem: str):
    assert old in WELL

    assert any(told.startswith(problem) for told in _problems(tmp_path, WELL.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1, column 1: the file is empty"),
        ("- 1", "line 1, column 1: expected keys"),
        ("a: [", "line 1, column 5: this is not YAML"),
        ("a: b\n\tc: d", "line 2, column 1: this is not YAML"),
        ("a: \x07", "line 1, column 1: this is not YAML"),
        ("a: &x [*x]", "line 1, column 1: 'organisations' is missing"),
        ("[" * 5000, "line 1, column 1: this is not YAML"),
    ],
)
def test_what_is_no_organisations_file_is_said_in_a_line(tmp_path: Path, text: str, problem: str):
    assert any(told.startswith(problem) for told in _problems(tmp_path, text))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path):
    text = (
        WELL.replace("Europe/Dublin", "Mars")
        .replace("kind: file", "kind: file\n    token: x")
        .replace("[desk,", "[no,")
    )

    lines = [problem.split(",")[0] for problem in _problems(tmp_path, text)]

    assert lines == ["line 8", "line 17", "line 20"]


def test_every_sink_is_built_and_all_that_are_wrong_are_told_at_once(tmp_path: Path):
    well = _read(tmp_path, WELL, {"DESK_SECRET": "whsec_" + "A" * 32})
    wrong = _read(tmp_path, WELL.replace("kind: file", "kind: fax"), {"DESK_SECRET": "canary-5Nq8"})

    assert build_sinks(well).keys() == {"desk", "file"}
    with pytest.raises(ConfigError) as refused:
        build_sinks(wrong)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "The organisations file, sink desk",
        "The organisations file, sink file",
    ]
    assert "canary" not in str(refused.value)


def test_a_shared_yaml_word_is_never_a_boolean_or_a_number(tmp_path: Path):
    file = _read(tmp_path, WELL.replace("path: data:reports.jsonl", "path: no\n    x: 12:30")).sinks[1]

    assert file.settings == {"path": "no", "x": "12:30"}


def test_a_file_that_cannot_be_read_is_said_in_a_line(tmp_path: Path):
    for path, cause in (
        (tmp_path / "none.yaml", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a dir"),
    ):
        with pytest.raises(ConfigError, match=cause):
            read_organisations(path, data=tmp_path, environ={}, flow_languages=None)


def test_a_file_in_another_encoding_is_said_in_a_line(tmp_path: Path):
    (tmp_path / "o.yaml").write_bytes("name: Caffè".encode("latin-1"))

    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_organisations(tmp_path / "o.yaml", data=tmp_path, environ={}, flow_languages=None)
