"""The configuration: read once, frozen, clear about what is wrong, silent about secrets."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from gateway.config import EXAMPLE_ORGANISATIONS, Config, ConfigError, settings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_nothing_needs_to_be_set_to_try_it_out():
    config = Config.read({})

    assert not config.production
    assert config.data == Path.cwd() / "data"
    assert config.database_url == f"sqlite:///{Path.cwd() / 'data' / 'quietline.sqlite3'}"
    assert (config.host, config.port, config.public_url) == ("127.0.0.1", 8061, "http://127.0.0.1:8061")
    assert config.organisations == EXAMPLE_ORGANISATIONS
    assert config.simulator
    assert config.supervisor_pid is None
    assert config.redis_url == config.twilio_auth_token == config.keys == ""


def test_defaults_follow_the_settings_they_stand_on(tmp_path: Path):
    config = Config.read({"QUIETLINE_DATA": str(tmp_path), "PORT": "9000"})

    assert config.database_url == f"sqlite:///{tmp_path}/quietline.sqlite3"
    assert config.public_url == "http://127.0.0.1:9000"


def test_production_listens_for_its_router_and_lets_no_simulator_in():
    config = Config.read({"QUIETLINE_ENV": "Production"})

    assert config.production
    assert config.host == "0.0.0.0"  # noqa: S104
    assert not config.simulator
    assert config.public_url == ""


def test_an_empty_setting_counts_as_absent():
    assert Config.read({"PORT": "  ", "REDIS_URL": ""}) == Config.read({})


def test_a_platforms_database_address_gets_its_driver():
    for given in ("postgres://u:p@db/x", "postgresql://u:p@db/x", "postgresql+psycopg://u:p@db/x"):
        assert Config.read({"DATABASE_URL": given}).database_url == "postgresql+psycopg://u:p@db/x"


def test_the_public_url_loses_the_slash_that_would_spoil_signatures():
    assert Config.read({"QUIETLINE_PUBLIC_URL": "https://texts.example.org/"}).public_url == "https://texts.example.org"


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("QUIETLINE_ENV", "prod", "must be development or production"),
        ("PORT", "0", "must be a whole number from 1 to 65535"),
        ("PORT", "65536", "must be a whole number from 1 to 65535"),
        ("PORT", "80 61", "must be a whole number"),
        ("PORT", "٨٠٦١", "must be a whole number"),
        ("QUIETLINE_WORKERS", "-1", "must be a whole number from 1 to 64"),
        ("QUIETLINE_SIMULATOR", "maybe", "must be on or off"),
        ("QUIETLINE_PUBLIC_URL", "texts.example.org", "must be an address such as"),
        ("QUIETLINE_PUBLIC_URL", "HTTPS://texts.example.org", "must be an address such as"),
        ("QUIETLINE_PUBLIC_URL", "ftp://texts.example.org", "must be an address such as"),
        ("QUIETLINE_PUBLIC_URL", "https://texts.example.org/?", "must not hold a query"),
        ("QUIETLINE_PUBLIC_URL", "https://texts.example.org/#rc=5", "must not hold a query or a fragment"),
        ("QUIETLINE_PUBLIC_URL", "https://u:p@texts.example.org", "must not hold a user name"),
        ("QUIETLINE_PUBLIC_URL", "https://texts.example.org:99999", "must be a well-formed address"),
        ("QUIETLINE_PUBLIC_URL", "https://[::1", "must be a well-formed address"),
        ("DATABASE_URL", "mysql://db/x", "must begin with postgresql:// or sqlite:///"),
        ("DATABASE_URL", "sqlite://", "must name a file"),
        ("DATABASE_URL", "sqlite:///", "must name a file"),
        ("REDIS_URL", "localhost:6379", "must begin with redis://"),
        ("TWILIO_ACCOUNT_SID", "AC123", "must be AC and 32 digits"),
        ("TWILIO_ACCOUNT_SID", "AC" + "G" * 32, "must be AC and 32 digits"),
        ("TWILIO_AUTH_TOKEN", "to ken", "must not hold blanks"),
        ("QUIETLINE_ALARM_HEARTBEAT_URL", "check.example.org", "must be an address such as"),
        ("QUIETLINE_METRICS_PORT", "0", "must be a whole number from 1 to 65535"),
        ("QUIETLINE_SYNTHETIC_MINUTES", "61", "must be a whole number from 0 to 60"),
        ("QUIETLINE_SUPERVISOR_PID", "x", "must be a whole number"),
    ],
)
def test_a_wrong_setting_gets_one_clear_line(name: str, text: str, advice: str):
    with pytest.raises(ConfigError) as refused:
        Config.read({name: text})

    (problem,) = refused.value.problems
    assert problem.startswith(f"{name} {advice}")


def test_figures_that_others_may_ask_for_need_a_token():
    open_to_others = {"QUIETLINE_METRICS_PORT": "9100", "QUIETLINE_METRICS_HOST": "0.0.0.0"}  # noqa: S104

    with pytest.raises(ConfigError) as refused:
        Config.read(open_to_others)

    assert refused.value.problems == ("QUIETLINE_METRICS_TOKEN is missing: QUIETLINE_METRICS_HOST lets others ask.",)
    assert Config.read(open_to_others | {"QUIETLINE_METRICS_TOKEN": "t"}).metrics_token == "t"
    assert Config.read({"QUIETLINE_METRICS_PORT": "9100"}).metrics_host == "127.0.0.1"


def test_the_synthetic_reporter_comes_by_itself_in_production_alone():
    assert Config.read({}).synthetic_minutes == 0
    assert Config.read({"QUIETLINE_ENV": "production"}).synthetic_minutes == 5


def test_all_that_is_wrong_is_told_at_once_and_numbered():
    with pytest.raises(ConfigError) as refused:
        Config.read({"PORT": "x", "QUIETLINE_ENV": "y", "TWILIO_API_KEY": "SK" + "0" * 32})

    lines = str(refused.value).splitlines()
    assert [line[:3] for line in lines] == ["1. ", "2. ", "3. "]
    assert lines[2] == "3. TWILIO_API_KEY and TWILIO_API_SECRET belong together: set both or neither."


def test_q13_no_secret_shows_in_a_repr_or_in_advice():
    canary = "canary-5Nq8"
    secret = {setting.name for setting in settings().values() if setting.secret}
    wrong = {"DATABASE_URL": f"mysql://u:{canary}@db/x", "REDIS_URL": f"http://:{canary}@q"}
    right = dict.fromkeys(secret - wrong.keys(), canary) | {
        "DATABASE_URL": f"postgres://u:{canary}@db/x",
        "REDIS_URL": f"redis://:{canary}@q",
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "QUIETLINE_ALARM_HEARTBEAT_URL": f"https://check.example.org/{canary}",
    }

    assert canary not in repr(Config.read(right))
    with pytest.raises(ConfigError) as refused:
        Config.read(wrong)
    assert canary not in str(refused.value)


def test_nobody_changes_the_configuration_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config.read({}).port = 1  # type: ignore[misc]


def test_every_attribute_is_named_after_its_setting():
    for attribute, setting in settings().items():
        assert attribute == setting.name.lower().removeprefix("quietline_")


def test_the_documentation_lists_every_setting_as_it_is():
    documented = re.findall(r"^\| `([A-Z_]+)` \| (.*) \| (yes|no) \| (.*) \|$", DOCS.read_text("utf-8"), re.MULTILINE)

    assert documented == [
        (setting.name, setting.default_in_words, "yes" if setting.secret else "no", setting.help)
        for setting in settings().values()
    ]
