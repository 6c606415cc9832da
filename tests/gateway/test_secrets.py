"""Secrets: made once in development, refused where they are missing in production."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from gateway import secrets
from gateway.config import Config, ConfigError
from handlers.vault import KeyRing

PRODUCTION = {
    "QUIETLINE_ENV": "production",
    "QUIETLINE_PUBLIC_URL": "https://texts.example.org",
    "QUIETLINE_ORGANISATIONS": "/etc/quietline/organisations.yaml",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "QUIETLINE_KEYS": json.dumps(secrets.new_key_ring()),
}


def _load(folder: Path, **more: str) -> Config:
    return secrets.load({"QUIETLINE_DATA": str(folder), **more})


def test_development_makes_what_is_missing_once(tmp_path: Path):
    first = _load(tmp_path / "data")
    second = _load(tmp_path / "data")

    assert first == second
    assert first.twilio_account_sid.startswith("AC")
    assert len(first.twilio_auth_token) >= 32
    assert len(first.simulator_secret) >= 32
    assert first.simulator_secret != first.twilio_auth_token
    KeyRing.from_json(first.keys)


def test_the_secrets_are_for_their_owner_alone(tmp_path: Path):
    before = os.umask(0)
    try:
        _load(tmp_path / "data")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600
    assert not (tmp_path / "data" / "secrets.json.new").exists()


def test_two_installations_share_no_secret(tmp_path: Path):
    one, other = _load(tmp_path / "one"), _load(tmp_path / "other")

    assert not {one.twilio_auth_token, one.simulator_secret, one.keys} & {
        other.twilio_auth_token,
        other.simulator_secret,
        other.keys,
    }


def test_what_is_set_is_used_and_not_stored(tmp_path: Path):
    config = _load(tmp_path, TWILIO_AUTH_TOKEN="mine")

    assert config.twilio_auth_token == "mine"
    assert set(secrets.stored(tmp_path)) == {"TWILIO_ACCOUNT_SID", "QUIETLINE_SIMULATOR_SECRET", "QUIETLINE_KEYS"}


def test_a_secret_that_is_needed_later_joins_those_that_there_are(tmp_path: Path):
    before = _load(tmp_path, TWILIO_AUTH_TOKEN="mine")
    after = _load(tmp_path)

    assert (after.keys, after.simulator_secret) == (before.keys, before.simulator_secret)
    assert after.twilio_auth_token not in ("", "mine")


def test_nothing_is_made_where_all_is_set(tmp_path: Path):
    _load(
        tmp_path / "data",
        TWILIO_ACCOUNT_SID="AC" + "0" * 32,
        TWILIO_AUTH_TOKEN="a",
        QUIETLINE_SIMULATOR_SECRET="b",
        QUIETLINE_KEYS=PRODUCTION["QUIETLINE_KEYS"],
    )

    assert not (tmp_path / "data").exists()


def test_processes_that_start_together_agree(tmp_path: Path):
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(4) as processes:
        found = processes.map(_secrets_of, [str(tmp_path / "data")] * 8, chunksize=1)

    assert len(set(found)) == 1


def _secrets_of(folder: str) -> tuple[str, ...]:
    config = secrets.load({"QUIETLINE_DATA": folder})
    return config.twilio_account_sid, config.twilio_auth_token, config.simulator_secret, config.keys


def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(tmp_path: Path):
    (tmp_path / "secrets.json.new").write_text("{")

    assert _load(tmp_path) == _load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"QUIETLINE_KEYS": 5}', '{"TWILIO_AUTH_TOKEN": ""}'])
def test_a_damaged_file_is_never_overwritten(tmp_path: Path, text: str):
    (tmp_path / "secrets.json").write_text(text)

    with pytest.raises(ConfigError, match=r"secrets\.json is damaged\. Restore it"):
        _load(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == text


def test_a_data_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=r"data folder .+ cannot be written|cannot be read"):
        _load(tmp_path / "file" / "data")


def test_production_lists_all_that_is_missing_and_makes_nothing(tmp_path: Path):
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path / "data", QUIETLINE_ENV="production", QUIETLINE_SIMULATOR="on")

    assert [problem.partition(" is missing. ")[0] for problem in refused.value.problems] == [
        "QUIETLINE_PUBLIC_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "QUIETLINE_SIMULATOR_SECRET",
        "QUIETLINE_KEYS",
        "QUIETLINE_ORGANISATIONS",
    ]
    assert not (tmp_path / "data").exists()


def test_production_takes_nothing_from_a_secrets_file(tmp_path: Path):
    _load(tmp_path)

    with pytest.raises(ConfigError, match="TWILIO_AUTH_TOKEN is missing"):
        _load(tmp_path, QUIETLINE_ENV="production")


def test_production_needs_no_simulator_secret_where_the_simulator_is_off(tmp_path: Path):
    assert _load(tmp_path, **PRODUCTION).simulator_secret == ""


def test_the_key_ring_may_be_given_as_a_file_or_directly(tmp_path: Path):
    file = tmp_path / "keys.json"
    file.write_text(PRODUCTION["QUIETLINE_KEYS"])

    by_path = _load(tmp_path, **PRODUCTION | {"QUIETLINE_KEYS": str(file)})

    assert by_path.keys == _load(tmp_path, **PRODUCTION).keys == PRODUCTION["QUIETLINE_KEYS"]


def test_a_key_ring_that_cannot_be_read_is_said_without_its_path(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"^1\. QUIETLINE_KEYS names a file that cannot be read: No such file"):
        _load(tmp_path, **PRODUCTION | {"QUIETLINE_KEYS": str(tmp_path / "none.json")})
