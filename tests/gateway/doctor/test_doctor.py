"""The doctor: numbered advice for every wrong or missing setting, and nothing changed."""

from __future__ import annotations

import json
import os
import socket
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from conversations.support import Directory, shipped
from gateway import secrets
from gateway.cli import main
from gateway.doctor.advice import in_words, info, must, should
from gateway.embedded import EmbeddedServer, shipped_binary
from handlers.records.database import Database
from tests.gateway.doctor.conftest import ORGANISATIONS, Patient
from tests.postgres import Server
from tests.prepared import prepare


def test_a_newcomer_is_well_and_nothing_is_made(newcomer: Patient):
    assert newcomer.musts == newcomer.shoulds == []
    assert "Missing secrets are made at the first start." in newcomer.infos
    assert any(text.startswith("The demonstration organisation is in use.") for text in newcomer.infos)
    assert not (newcomer.folder / "data").exists()


def test_a_started_installation_is_well(newcomer: Patient):
    config = secrets.load(newcomer.environ)
    prepare(Database(config.database_url))

    assert newcomer.musts == newcomer.shoulds == []
    assert not any("first start" in text for text in newcomer.infos)


def test_the_command_says_that_all_is_well(newcomer: Patient):
    ran = CliRunner().invoke(main, ["doctor"], env=newcomer.environ)

    assert ran.exit_code == 0
    assert ran.stdout.startswith("All is well.\n\nGood to know:\n  1. ")


def test_the_command_fails_where_something_must_be_put_right(newcomer: Patient):
    ran = CliRunner().invoke(main, ["doctor"], env=newcomer.environ | {"PORT": "x", "QUIETLINE_WORKER": "3"})

    assert ran.exit_code == 1
    assert ran.stdout == (
        "Must be put right:\n"
        "  1. PORT must be a whole number from 1 to 65535.\n"
        "\n"
        "Should be put right:\n"
        "  2. QUIETLINE_WORKER is no setting. Did you mean QUIETLINE_WORKERS?\n"
    )


def test_advice_is_numbered_through_the_gravest_first():
    assert in_words([info("c"), must("a"), should("b"), must("a2")]).split("\n") == [
        "Must be put right:",
        "  1. a",
        "  2. a2",
        "",
        "Should be put right:",
        "  3. b",
        "",
        "Good to know:",
        "  4. c",
    ]
    assert in_words([]) == "All is well."


def test_production_lists_all_that_is_missing_at_once(newcomer: Patient):
    newcomer.environ = {"QUIETLINE_ENV": "production", "QUIETLINE_DATA": newcomer.environ["QUIETLINE_DATA"]}

    for name in ("PUBLIC_URL", "KEYS", "ORGANISATIONS"):
        assert any(text.startswith(f"QUIETLINE_{name} is missing.") for text in newcomer.musts)
    for name in ("ACCOUNT_SID", "AUTH_TOKEN"):
        assert any(text.startswith(f"TWILIO_{name} is missing.") for text in newcomer.musts)


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:1", "names this machine itself"), ("http://[::1]:1", "names this machine itself")],
)
def test_production_needs_an_address_that_the_carrier_reaches(production: Patient, url: str, said: str):
    production.environ["QUIETLINE_PUBLIC_URL"] = url

    assert any(said in text for text in production.musts)


def test_production_needs_https(production: Patient):
    production.environ["QUIETLINE_PUBLIC_URL"] = "http://name.invalid"

    assert any("must begin with https://" in text for text in production.musts)


def test_what_production_should_have_is_said(production: Patient):
    del production.environ["TWILIO_API_KEY"], production.environ["TWILIO_API_SECRET"]
    production.environ |= {"QUIETLINE_SIMULATOR": "on", "QUIETLINE_SIMULATOR_SECRET": "s"}

    assert any(text.startswith("TWILIO_API_KEY and TWILIO_API_SECRET are not set") for text in production.shoulds)
    assert any(text.startswith("QUIETLINE_SIMULATOR is on") for text in production.shoulds)


def test_half_an_account_is_said(newcomer: Patient):
    newcomer.environ["TWILIO_AUTH_TOKEN"] = "t"

    assert any(text.startswith("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN belong together") for text in newcomer.musts)


def test_what_others_can_read_is_said(newcomer: Patient):
    secrets.load(newcomer.environ)
    folder = newcomer.folder / "data"
    folder.chmod(0o755)
    (folder / "secrets.json").chmod(0o644)
    keys = newcomer.folder / "keys.json"
    keys.write_text(json.dumps(secrets.new_key_ring()))
    keys.chmod(0o640)
    newcomer.environ["QUIETLINE_KEYS"] = str(keys)

    assert newcomer.shoulds == [f"Others can read the data folder: chmod 700 {folder}"]
    assert newcomer.musts == [
        f"Others can read the secrets: chmod 600 {folder / 'secrets.json'}",
        "Others can read the file that QUIETLINE_KEYS names: chmod 600 it.",
    ]


def test_a_data_folder_that_is_none_is_said(newcomer: Patient):
    (newcomer.folder / "data").write_text("")

    assert any("cannot be read and written by this user" in text for text in newcomer.musts)


def test_damaged_secrets_are_said(newcomer: Patient):
    (newcomer.folder / "data").mkdir(mode=0o700)
    (newcomer.folder / "data" / "secrets.json").touch(mode=0o600)

    assert any("secrets.json is damaged" in text for text in newcomer.musts)


@pytest.mark.parametrize("purpose", ["content", "conversation", "index", "sending"])
def test_a_key_ring_with_a_gap_is_said(newcomer: Patient, purpose: str):
    ring = secrets.new_key_ring()
    del ring[purpose]
    newcomer.environ["QUIETLINE_KEYS"] = json.dumps(ring)

    assert any(text.startswith("QUIETLINE_KEYS: the key ring is incomplete") for text in newcomer.musts)


def test_a_key_of_the_wrong_length_is_said_without_the_key(newcomer: Patient):
    ring = secrets.new_key_ring()
    ring["content"]["keys"]["k1"] = "Y2FuYXJ5"
    newcomer.environ["QUIETLINE_KEYS"] = json.dumps(ring)

    assert any("a key of content is not 32 bytes long" in text for text in newcomer.musts)
    assert not any("Y2FuYXJ5" in text or "canary" in text for text in newcomer.advice())


def test_mistakes_in_the_organisations_file_are_said_with_their_place(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace("Europe/London", "Mars").replace("starter", "none"))

    assert newcomer.musts == [
        "organisations.yaml, line 7, column 15: timezone must be a place such as Europe/London.",
        "organisations.yaml, line 9, column 11: there is no flow none.",
    ]


def test_a_sink_with_wrong_settings_is_said(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace("kind: file,", "kind: webhook,", 1).replace("path:", "url:", 1))

    (problem,) = newcomer.musts
    assert problem.startswith("sink file: ")


def test_r8_who_is_confidential_without_a_sink_of_their_own_is_said(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace("    confidential_sinks: [apart]\n", ""))

    assert newcomer.musts == [
        "Organisation north has no confidential_sinks: reports about police are held, and nobody gets them."
    ]


def test_a_number_that_no_country_has_is_said(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace("addresses: [", 'addresses: ["sms:+447700900123456", ', 1))
    assert newcomer.shoulds == [
        "Organisation north: its address sms:+447700900123456 is no number that any country has."
    ]


def test_r8_an_organisation_that_names_nobody_is_said(newcomer: Patient):
    text = ORGANISATIONS.replace("    confidential_sinks: [apart]\n", "").replace("    confidential: [police]\n", "")
    newcomer.organisations(text)

    (advice,) = newcomer.shoulds
    assert advice.startswith("Organisation north names nobody whose conduct is confidential")


def test_a_key_ring_without_confidential_keys_is_said(newcomer: Patient):
    ring = {name: keys for name, keys in secrets.new_key_ring().items() if name != "confidential"}
    newcomer.environ["QUIETLINE_KEYS"] = json.dumps(ring)

    assert any(text.startswith("QUIETLINE_KEYS has no keys for confidential") for text in newcomer.shoulds)


def test_support_services_that_nobody_checked_are_listed_for_production_with_what_to_confirm(production: Patient):
    found = [text for text in production.shoulds if text.startswith("Support service ")]

    assert found
    assert all(" does not go out: nobody has checked it. Confirm the number" in text for text in found)


def test_a_service_checked_by_a_person_is_not_listed_again_for_180_days():
    today = date(2026, 11, 21)
    first = shipped().to_check(today)[0]
    checked = [
        replace(each, checked_on=date(2026, 6, 1), checked_by="A. N. Other") if each.id == first.id else each
        for each in shipped().services
    ]

    ids = [each.id for each in Directory(tuple(checked)).to_check(today)]
    assert first.id not in ids
    assert first.id in [each.id for each in Directory(tuple(checked)).to_check(date(2026, 12, 1))]


def test_a_language_that_no_speaker_has_read_is_said(production: Patient):
    production.organisations(ORGANISATIONS.replace("flow: starter", "flow: railway"))

    assert any("no speaker of this language has read the texts yet" in text for text in production.shoulds)


def test_q13_a_sinks_secret_shows_nowhere(newcomer: Patient):
    webhook = 'kind: webhook, url: "https://127.0.0.1:1/in", secret: "env:DESK"'
    newcomer.organisations(ORGANISATIONS.replace('kind: file, path: "data:reports.jsonl"', webhook))
    newcomer.environ["DESK"] = "canary-5Nq8"

    assert newcomer.musts
    assert not any("canary" in text for text in newcomer.advice())


@pytest.mark.parametrize(
    "settings",
    [
        'kind: webhook, url: "http://127.0.0.1:{port}/in", secret: "env:DESK"',
        'kind: email, host: 127.0.0.1, port: "{port}", tls: none, sender: a@example.org, recipient: b@example.org',
    ],
)
def test_a_sink_that_does_not_answer_is_said_and_one_that_does_is_not(newcomer: Patient, settings: str):
    newcomer.environ["DESK"] = "whsec_" + "A" * 32
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        sink = settings.replace("{port}", str(port))
        newcomer.organisations(ORGANISATIONS.replace('kind: file, path: "data:reports.jsonl"', sink))

        (unheard,) = newcomer.shoulds
        listener.listen()
        assert newcomer.shoulds == newcomer.musts == []

    assert unheard.startswith(f"Sink file: nothing answers at 127.0.0.1 port {port} (")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_said(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace('"data:reports.jsonl"', "/proc/reports.jsonl"))

    assert any("cannot be written by this user" in text for text in newcomer.musts)


def test_a_database_that_is_not_of_this_version_is_said(newcomer: Patient):
    folder = newcomer.folder / "data"
    folder.mkdir(mode=0o700)
    (folder / "quietline.sqlite3").touch()

    assert "The database is brought to this version at the next start." in newcomer.infos


def test_a_database_that_does_not_answer_is_said_without_its_password(newcomer: Patient):
    newcomer.environ["DATABASE_URL"] = "postgresql://somebody:canary-5Nq8@127.0.0.1:1/none"

    assert "The database (DATABASE_URL) does not answer: OperationalError." in newcomer.musts
    assert not any("canary" in text for text in newcomer.advice())


def test_a_file_that_is_no_database_is_said(newcomer: Patient):
    (newcomer.folder / "x.sqlite3").write_text("no database at all, and long enough to be looked at" * 20)
    newcomer.environ["DATABASE_URL"] = f"sqlite:///{newcomer.folder}/x.sqlite3"

    assert "The database (DATABASE_URL) does not answer: DatabaseError." in newcomer.musts


def test_a_postgresql_server_is_looked_at(newcomer: Patient, postgres: Server):
    newcomer.environ["DATABASE_URL"] = postgres.create("doctor")

    # The tests' own server does not sync; nothing else is wrong with it.
    assert newcomer.musts == ["PostgreSQL's fsync is off: a power cut may lose texts that were acknowledged."]
    assert newcomer.shoulds == []
    assert "The database is brought to this version at the next start." in newcomer.infos
    assert not any("SQLite" in text for text in newcomer.infos)


def test_a_queue_that_does_not_answer_costs_only_time(newcomer: Patient):
    newcomer.environ["REDIS_URL"] = "redis://:canary-5Nq8@127.0.0.1:1"

    assert newcomer.musts == []
    assert newcomer.shoulds == [
        "The queue (REDIS_URL) does not answer: ConnectionError. Reports wait for the clock's next round."
    ]


def test_a_queue_that_forgets_is_said(newcomer: Patient, tmp_path: Path):
    from redis import Redis

    binary = shipped_binary()
    assert binary is not None
    server = EmbeddedServer(tmp_path / "queue", binary)
    server.start()
    try:
        server.wait()
        newcomer.environ["REDIS_URL"] = server.url
        assert newcomer.shoulds == newcomer.musts == []

        client = Redis.from_url(server.url)
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
        client.close()
        assert newcomer.shoulds == [
            "The queue's server drops keys when it is full (allkeys-lru): set maxmemory-policy noeviction."
        ]
        assert any(text.startswith("The queue's server keeps nothing over a restart") for text in newcomer.infos)
    finally:
        server.stop()


def test_a_name_that_a_sink_refers_to_is_no_mistyped_setting(newcomer: Patient):
    newcomer.organisations(ORGANISATIONS.replace('path: "data:reports.jsonl"', 'path: "env:QUIETLINE_REPORTS_FILE"'))
    newcomer.environ["QUIETLINE_REPORTS_FILE"] = str(newcomer.folder / "reports.jsonl")

    assert newcomer.shoulds == []
