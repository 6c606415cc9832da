"""Who may answer and who is told where nobody does, read from the organisations file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gateway.organisations import Installation, OrganisationsError, build_sinks, read_organisations

SECRET = "whsec_" + base64.b64encode(b"not a secret, but long enough").decode()
ENVIRON = {"DESK": SECRET, "ANSWERS": SECRET, "DUTY_URL": "json://localhost/canary"}
WELL = """\
sinks:
  desk:
    kind: webhook
    url: https://desk.example.org/in
    secret: env:DESK
    answer_secret: env:ANSWERS
  team:
    kind: file
    path: data:team.jsonl
  duty:
    kind: file
    path: data:duty.jsonl
  lead:
    kind: file
    path: data:lead.jsonl
  trams:
    kind: file
    path: data:trams.jsonl
    operator: City Trams
organisations:
  - id: north
    name: Northern Police
    timezone: Europe/London
    languages: [en]
    flow: starter
    addresses: ["sms:61016"]
    confidential: [police]
    sinks: [desk]
    confidential_sinks: [team]
    acknowledge_within: 300
    contacts: [duty, "env:DUTY_URL"]
    confidential_contacts: [lead]
"""


def _read(folder: Path, text: str, environ: dict[str, str] | None = ENVIRON) -> Installation:
    file = folder / "organisations.yaml"
    file.write_text(text, encoding="utf-8")
    return read_organisations(file, data=folder, environ=environ, flow_languages=None)


def test_contacts_are_sinks_and_an_address_becomes_one(tmp_path: Path) -> None:
    installation = _read(tmp_path, WELL)
    (north,) = installation.organisations
    assert north.acknowledge_within == 300
    assert north.contacts == ("duty", "notice-duty-url")
    assert north.confidential_contacts == ("lead",)
    assert [sink.id for sink in installation.sinks if sink.answer_secrets] == ["desk"]
    built = build_sinks(installation)
    assert not built["notice-duty-url"].wants("complete")
    assert set(built) == {"desk", "team", "duty", "lead", "trams", "notice-duty-url"}


def test_nothing_secret_shows(tmp_path: Path) -> None:
    shown = repr(_read(tmp_path, WELL))
    assert SECRET not in shown
    assert "canary" not in shown


def test_where_nothing_is_forwarded_no_secret_is_needed(tmp_path: Path) -> None:
    assert _read(tmp_path, WELL, None).organisations[0].contacts == ("duty", "notice-duty-url")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    acknowledge_within: 300\n", "", "belong together"),
        ("300", "5", "whole seconds from 30 to 86400"),
        ("300", "soon", "whole seconds from 30 to 86400"),
        ("    answer_secret: env:ANSWERS\n", "", "nobody could acknowledge"),
        ("answer_secret", "previous_answer_secret", "previous_answer_secret needs answer_secret"),
        ("answer_secret: env:ANSWERS", f"answer_secret: {SECRET}", "must be given as env:NAME"),
        ("env:ANSWERS", "env:DUTY_URL", "answer_secret: must be whsec_ and base64"),
        ("[duty, ", "[desk, ", "gets every report already"),
        ("[duty, ", "[pager, ", "must be the name of a sink"),
        ("[duty, ", "[trams, ", "an operator's control room cannot be a contact"),
        ("[duty, ", "[team, ", "confidential ones need a sink of their own"),
        ("contacts: [lead]", "contacts: [duty]", "confidential ones need"),
        ("contacts: [lead]", 'contacts: ["env:DUTY_URL"]', "confidential ones need one of their own"),
        ("env:DUTY_URL", "env:NO_SUCH", "the environment has no NO_SUCH"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WELL
    with pytest.raises(OrganisationsError, match=said) as refused:
        _read(tmp_path, WELL.replace(old, new, 1))
    assert refused.value.places[0].line > 1
    assert "canary" not in str(refused.value)


def test_a_sink_of_an_operator_is_no_contact_of_a_force_r8(tmp_path: Path) -> None:
    operator = WELL.partition("organisations:\n")[2].replace("north", "trams").replace("61016", "61017")
    operator = operator.partition("    acknowledge_within")[0].replace("[police]", "[rail_staff]")
    operator = operator.replace("sinks: [desk]", "sinks: [duty]") + "    operator: City Trams\n"
    with pytest.raises(OrganisationsError, match="a contact is a sink of the operator City Trams"):
        _read(tmp_path, WELL + operator)
