"""The data that ships: rules that compile, names that are stations, a build that gives the same files again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from conversations.reading import build
from conversations.reading.files import DATA, load
from conversations.reading.gazetteer import gazetteer
from conversations.reading.knowledge import FAMILIES, knowledge
from conversations.reading.lexicon import Lexicon, mutated, unmutated
from conversations.reading.normal import words_of
from conversations.reading.rules import Rules
from conversations.reading.workings import RuleError, work_out


def test_every_alias_and_town_is_a_station() -> None:
    places = gazetteer()
    for ids in places.forms.values():
        assert set(ids) <= places.stations.ids
    for identity in places.towns.values():
        assert not identity or identity in places.stations.ids


def test_every_rule_file_is_loaded() -> None:
    assert knowledge().rules
    for family in FAMILIES:
        assert load(f"{family}.yaml")


def test_a_pattern_that_cannot_be_read_says_which() -> None:
    lexicon = Lexicon({"light": "", "filler": ""}, {})
    with pytest.raises(RuleError, match=r"danger\.weapon: '@nothing here'"):
        work_out(lexicon, {"danger": {"weapon": "@nothing here"}})


def test_patterns_mean_what_the_documentation_says() -> None:
    lexicon = Lexicon({"light": "he", "filler": "the", "limb": "leg arm"}, {})
    rules = Rules(lexicon, work_out(lexicon, {"f": {"r": "~not touch* ..1 my @limb|hand !of\n^ stop $"}}))

    def found(text: str) -> bool:
        return bool(rules.find(words_of(text)))

    assert found("he touched my leg")
    assert found("touching the my arm")
    assert not found("touching one two my arm")
    assert not found("not touching my leg")
    assert not found("touched my hand of cards")
    assert not found("he touched. my leg")
    assert found("stop")
    assert not found("please stop")


@pytest.mark.parametrize(
    "word", ["caer", "bangor", "pontypridd", "llanelli", "treorci", "machynlleth", "gwynedd", "rhyl"]
)
def test_welsh_mutations_are_undone(word: str) -> None:
    for form in mutated(word):
        assert form == word or word in set(unmutated(form))


def test_the_build_step_writes_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "stations.csv").write_text(
        "id,name,network,lat,lon,country,aliases,lines\n"
        "AAA,Ayton & Beeby North (Kent),NR,51.0,0.1,England,The Ayton|AB,\n",
        encoding="utf-8",
    )
    (source / "station_extra.csv").write_text(
        "id,naptan_atco,hub,entries_exits_2021_22,request_stop,facility_owner_2022\nAAA,9100AAA,,12,no,x\n",
        encoding="utf-8",
    )
    (source / "operators.csv").write_text(
        "code,name,aliases,country,language,kind,btp,note\nZZ,Zed Trains,Zed|Z T,England,en,train,yes,\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    monkeypatch.setattr(build, "DATA", out)
    assert build.main([str(source)]) == 0
    first = {file.name: file.read_bytes() for file in out.iterdir()}
    assert build.main([str(source)]) == 0
    assert {file.name: file.read_bytes() for file in out.iterdir()} == first
    with (out / "forms.csv").open(encoding="utf-8") as file:
        forms = {row["form"]: row["ids"] for row in csv.DictReader(file)}
    assert forms["ayton and beeby north"] == "AAA"
    assert forms["ab"] == "AAA"


def test_the_build_step_wants_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["/nowhere/at/all"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_data_says_where_it_comes_from() -> None:
    assert "Open Government Licence" in (DATA / "README.md").read_text(encoding="utf-8")


def test_the_data_files_are_read_as_a_yaml_library_reads_them() -> None:
    def lines_of(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: lines_of(part) for key, part in value.items()}
        return [line.split() for line in value.splitlines() if line.strip()]

    files = sorted(DATA.glob("*.yaml"))
    assert files
    for file in files:
        with file.open("rb") as opened:
            wanted = yaml.load(opened, Loader=yaml.BaseLoader)  # noqa: S506 (strings only)
        assert lines_of(load(file.name)) == lines_of(wanted), file.name
