"""Reports by schedule into a folder: whole files, each revision once, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from handlers.ports import Delivery, Parked, Retryable, SinkPaused
from handlers.sinks import formats
from handlers.sinks.batches import SCHEDULED, BatchSink
from handlers.sinks.folder import Folder
from handlers.sinks.formats.csv import harmless
from handlers.sinks.formats.mait import NAMESPACE
from handlers.sinks.schedule import Schedule
from tests.naughty import NAUGHTY

from .reports import CANARY, MADE, delivery

HOURLY = Schedule(60, (), ZoneInfo("Europe/London"))
SLOT = "20261121T1900Z"


def of(report_id: str, revision: int = 1, **changes: object) -> Delivery:
    made = delivery(revision, id=report_id, **changes)  # type: ignore[arg-type]
    return replace(made, report_id=report_id)


def batch(folder: Path, form: str = "csv", at: float = MADE + 7200) -> BatchSink:
    return BatchSink("nightly", Folder(folder), formats.find(form), HOURLY, lambda: at)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def table(folder: Path) -> list[dict[str, str]]:
    texts = [path.read_bytes().decode("utf-8-sig") for path in sorted(folder.iterdir())]
    return [row for text in texts for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_nothing_is_written_before_its_hour(tmp_path: Path) -> None:
    with pytest.raises(Retryable, match=SCHEDULED) as waits:
        batch(tmp_path, at=MADE + 10).deliver(delivery())
    assert waits.value.retry_after == 3600 - 5 * 60 - 10 - 10
    assert files(tmp_path) == []


def test_what_waits_together_goes_into_one_file(tmp_path: Path) -> None:
    sink = batch(tmp_path)
    with ThreadPoolExecutor(16) as senders:
        list(senders.map(sink.deliver, [of(f"r-{number:02}") for number in range(16)]))
    assert sorted(row["id"] for row in table(tmp_path)) == [f"r-{number:02}" for number in range(16)]
    assert len(files(tmp_path)) < 16
    assert all(name.startswith(f"quietline-nightly-{SLOT}-") for name in files(tmp_path))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("form", ["csv", "jsonl", "mait"])
def test_a_repeat_writes_nothing_even_from_another_process_f5_f10(tmp_path: Path, form: str) -> None:
    batch(tmp_path, form).deliver(of("r-1"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    batch(tmp_path, form, at=MADE + 9 * 86400).deliver(of("r-1"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_newer_revision_is_a_row_of_its_own(tmp_path: Path) -> None:
    sink = batch(tmp_path)
    sink.deliver(of("r-1", 1))
    sink.deliver(of("r-1", 2))
    assert sorted((row["id"], row["revision"]) for row in table(tmp_path)) == [("r-1", "1"), ("r-1", "2")]


def test_a_sink_killed_mid_write_leaves_nothing_that_passes_for_a_file(tmp_path: Path) -> None:
    (tmp_path / f".quietline-nightly-{SLOT}-0.csv.1").write_bytes(b'"id","revi')
    batch(tmp_path).deliver(of("r-1"))
    (name,) = [name for name in files(tmp_path) if not name.startswith(".")]
    assert "r-1" in (tmp_path / name).read_text("utf-8-sig")


def test_a_clock_that_was_set_back_keeps_nothing_for_good_f11(tmp_path: Path) -> None:
    batch(tmp_path, at=MADE - 400 * 86400).deliver(delivery())
    assert len(table(tmp_path)) == 1


def test_a_document_that_is_none_is_parked_and_the_others_go_on(tmp_path: Path) -> None:
    sink = batch(tmp_path)
    with pytest.raises(Parked):
        sink.deliver(replace(delivery(), document=b"{"))
    sink.deliver(of("r-2"))
    assert [row["id"] for row in table(tmp_path)] == ["r-2"]


def test_a_missing_folder_pauses_the_sink(tmp_path: Path) -> None:
    with pytest.raises(SinkPaused, match="folder ENOENT"):
        batch(tmp_path / "gone").deliver(delivery())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0+", "＝", "＠"])
def test_what_a_spreadsheet_would_run_is_only_shown(start: str) -> None:
    assert harmless(f"{start}cmd|' /C calc'!A0").startswith("'")
    assert harmless("18:05 to Brighton") == "18:05 to Brighton"
    assert harmless("") == ""


def test_naughty_texts_are_safe_and_whole_in_csv_p4(tmp_path: Path) -> None:
    sink = batch(tmp_path)
    texts = [text for text in NAUGHTY if "\x00" not in text]
    account = [{"text": text} for text in texts]
    sink.deliver(of("r-1", account=account, consent={"contact": "name", "name": "=1+1"}))
    (row,) = table(tmp_path)
    assert row["account"].removeprefix("'") == "\n".join(texts)
    assert row["name"] == "'=1+1"
    assert not [value for value in row.values() if value[:1] in "=+-@\t\r" and value]


def test_json_lines_hold_the_report_as_it_is(tmp_path: Path) -> None:
    sent = delivery()
    batch(tmp_path, "jsonl").deliver(sent)
    (path,) = tmp_path.iterdir()
    assert [json.loads(line) for line in path.read_text().splitlines()] == [json.loads(sent.document)]


def test_welsh_letters_survive_a_spreadsheet(tmp_path: Path) -> None:
    batch(tmp_path).deliver(of("r-1", account=[{"text": "tŷ bach, dŵr, Ẁ ẃ ŵ ŷ"}]))
    (path,) = tmp_path.iterdir()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert table(tmp_path)[0]["account"] == "tŷ bach, dŵr, Ẁ ẃ ŵ ŷ"


class TestMait:
    def test_it_says_in_every_message_that_nobody_has_verified_it(self, tmp_path: Path) -> None:
        batch(tmp_path, "mait").deliver(delivery())
        (path,) = tmp_path.iterdir()
        text = path.read_text()
        root = ElementTree.fromstring(text)  # noqa: S314 - our own document
        assert root.get("conformance") == "unverified"
        assert "unverified" in NAMESPACE
        assert "UNVERIFIED mapping to MAIT" in text
        assert path.name == f"quietline-nightly-{SLOT}-r-9d1c4e-3.xml"

    def test_the_facts_stand_where_they_belong(self, tmp_path: Path) -> None:
        batch(tmp_path, "mait").deliver(delivery(why_urgent=["weapon"]))
        (path,) = tmp_path.iterdir()
        root = ElementTree.fromstring(path.read_text())  # noqa: S314 - our own document
        told = {element.tag.rpartition("}")[2]: element.text for element in root.iter() if isinstance(element.tag, str)}
        assert told["MessageIdentifier"] == "r-9d1c4e:3"
        assert told["MessageType"] == "Update"
        assert told["IncidentPriority"] == "Immediate"
        assert told["StationCode"] == "CLJ"
        assert told["LocationDescription"] == "at Clapham Junction; to London Victoria"
        assert told["Coach"] == "3"
        assert CANARY in str(told["EntryText"])

    def test_naughty_texts_make_no_broken_xml_p4(self, tmp_path: Path) -> None:
        batch(tmp_path, "mait").deliver(of("r-1", account=[{"text": text, "at": text} for text in NAUGHTY]))
        (path,) = tmp_path.iterdir()
        ElementTree.fromstring(path.read_bytes())  # noqa: S314 - our own document


class TestSchedule:
    @pytest.mark.parametrize(
        ("settings", "made", "goes"),
        [
            ({}, "2026-11-21T18:05:10Z", "2026-11-21T19:00:00Z"),
            ({"every": "15"}, "2026-11-21T18:15:00Z", "2026-11-21T18:30:00Z"),
            ({"every": "1440"}, "2026-11-21T18:15:00Z", "2026-11-22T00:00:00Z"),
            ({"at": "06:00 18:00"}, "2026-11-21T18:05:10Z", "2026-11-22T06:00:00Z"),
            ({"at": "18:00 06:00"}, "2026-11-21T05:05:10Z", "2026-11-21T06:00:00Z"),
            ({"at": "06:00"}, "2026-07-01T00:00:00Z", "2026-07-01T05:00:00Z"),
            ({"at": "06:00", "timezone": "UTC"}, "2026-07-01T00:00:00Z", "2026-07-01T06:00:00Z"),
            ({"at": "01:30"}, "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"),  # an hour that there is not
            ({"at": "01:30 02:00"}, "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z"),  # 02:00 comes first then
            ({"at": "01:30"}, "2026-10-25T00:31:00Z", "2026-10-26T01:30:00Z"),  # one that there is twice
        ],
    )
    def test_the_first_slot_after_it_was_made(self, settings: dict[str, str], made: str, goes: str) -> None:
        slot = Schedule.from_settings(settings).slot(datetime.fromisoformat(made).timestamp())
        assert f"{datetime.fromtimestamp(slot, UTC):%Y-%m-%dT%H:%M:%SZ}" == goes

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"every": "7"}, "every"),
            ({"every": "0"}, "every"),
            ({"every": "-15"}, "every"),
            ({"every": "soon"}, "every"),
            ({"every": "15", "at": "06:00"}, "every"),
            ({"at": "6"}, "at"),
            ({"at": "24:00"}, "at"),
            ({"timezone": "Europe/Nowhere"}, "timezone"),
        ],
    )
    def test_a_mistake_is_named(self, settings: dict[str, str], named: str) -> None:
        with pytest.raises(ValueError, match=f"^{named}: "):
            Schedule.from_settings(settings)

    def test_times_are_in_order(self) -> None:
        assert Schedule.from_settings({"at": "18:00 06:00"}).at == (time(6), time(18))
