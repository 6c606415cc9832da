"""The configuration: read once from the environment, frozen, handed to whoever needs it.

    ConfigError    numbered advice, one line for each wrong or missing setting

An attribute has the name of its setting in lower case, without `QUIETLINE_`. A setting that is empty counts as absent.
docs/settings.md lists them all; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, get_type_hints

from gateway.config_serving import Serving
from gateway.setting import (
    Setting,
    as_flag,
    as_list,
    as_number,
    as_path,
    as_sid,
    as_text,
    as_web_address,
    is_this_machine,
)

EXAMPLE_ORGANISATIONS = Path(__file__).with_name("organisations.example.yaml")


class ConfigError(Exception):
    """Settings are wrong or missing.

    Args:
        problems: one line of advice each, free of secrets.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{number}. {problem}" for number, problem in enumerate(self.problems, 1)))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Config(Serving):
    """Every setting of one process, secrets left out of its repr. An absent text is empty."""

    public_url: Annotated[
        str,
        Setting(
            "QUIETLINE_PUBLIC_URL",
            "The gateway's address as the carrier knows it. Signatures are checked against it, to the letter.",
            as_web_address,
            lambda so_far: None if so_far["env"] == "production" else f"http://127.0.0.1:{so_far['port']}",
            shown="http://127.0.0.1:PORT, in development alone",
        ),
    ]
    main_url: Annotated[
        str,
        Setting(
            "QUIETLINE_MAIN_URL",
            "On a twin alone: the main host's address, to which it hands over the texts that it took.",
            as_web_address,
            None,
        ),
    ]
    workers: Annotated[
        int,
        Setting("QUIETLINE_WORKERS", "Processes that answer the carrier side by side.", as_number(1, 64), "2"),
    ]
    twilio_account_sid: Annotated[
        str,
        Setting(
            "TWILIO_ACCOUNT_SID",
            "Account at the carrier Twilio. Texts for any other account are refused.",
            as_sid("AC"),
            None,
            shown="made up in development",
        ),
    ]
    twilio_auth_token: Annotated[
        str,
        Setting(
            "TWILIO_AUTH_TOKEN",
            "Token with which Twilio signs its requests.",
            as_text,
            None,
            shown="made up in development",
            secret=True,
        ),
    ]
    twilio_auth_token_secondary: Annotated[
        str,
        Setting(
            "TWILIO_AUTH_TOKEN_SECONDARY",
            "Second token, accepted as well while tokens change.",
            as_text,
            None,
            secret=True,
        ),
    ]
    twilio_api_key: Annotated[
        str,
        Setting("TWILIO_API_KEY", "API key for texts that are not answers to a request.", as_sid("SK"), None),
    ]
    twilio_api_secret: Annotated[
        str,
        Setting("TWILIO_API_SECRET", "Secret of the API key.", as_text, None, secret=True),
    ]
    twilio_api_url: Annotated[
        str,
        Setting("TWILIO_API_URL", "Address of Twilio's REST API.", as_web_address, "https://api.twilio.com"),
    ]
    organisations: Annotated[
        Path,
        Setting(
            "QUIETLINE_ORGANISATIONS",
            "YAML file of the forces and operators, their numbers and where their reports go.",
            as_path,
            str(EXAMPLE_ORGANISATIONS),
            shown="the shipped example, in development alone",
        ),
    ]
    keys: Annotated[
        str,
        Setting(
            "QUIETLINE_KEYS",
            "Key ring: the path of its JSON file, or the JSON itself.",
            str,
            None,
            shown="made up in development",
            secret=True,
        ),
    ]
    first_answers: Annotated[
        int,
        Setting(
            "QUIETLINE_FIRST_ANSWERS",
            "New conversations that are answered in ten minutes, open ones always are; 0: all. Others are stored.",
            as_number(0, 1_000_000),
            "6000",
        ),
    ]
    simulator: Annotated[
        bool,
        Setting(
            "QUIETLINE_SIMULATOR",
            "Whether `quietline phone` may text the gateway. Its reports are marked as tests.",
            as_flag,
            lambda so_far: "off" if so_far["env"] == "production" else "on",
            shown="on in development, off in production",
        ),
    ]
    simulator_secret: Annotated[
        str,
        Setting(
            "QUIETLINE_SIMULATOR_SECRET",
            "Secret with which `quietline phone` signs its requests.",
            as_text,
            None,
            shown="made up in development",
            secret=True,
        ),
    ]
    alarm_urls: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_ALARM_URLS",
            "Where alarms go: addresses as Apprise takes them (mailto:, slack:, pagerduty: ...), blanks between.",
            as_list,
            None,
            secret=True,
            absent=(),
        ),
    ]
    audit_urls: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_AUDIT_URLS",
            "Where the audit's head goes each hour, to be kept away from here; addresses as Apprise takes them.",
            as_list,
            None,
            secret=True,
            absent=(),
        ),
    ]
    alarm_confidential_urls: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_ALARM_CONFIDENTIAL_URLS",
            "Where alarms about confidential reports go, to that team alone.",
            as_list,
            None,
            secret=True,
            absent=(),
        ),
    ]
    alarm_heartbeat_url: Annotated[
        str,
        Setting(
            "QUIETLINE_ALARM_HEARTBEAT_URL",
            "Called each minute while alarms work: a check elsewhere that alarms when the calls stop.",
            as_web_address,
            None,
            secret=True,
        ),
    ]
    metrics_port: Annotated[
        int | None,
        Setting(
            "QUIETLINE_METRICS_PORT",
            "Port on which the clock process serves /metrics for Prometheus. Keep it from the outside.",
            as_number(1, 65535),
            None,
            absent=None,
        ),
    ]
    metrics_host: Annotated[
        str,
        Setting("QUIETLINE_METRICS_HOST", "Address on which /metrics is served.", as_text, "127.0.0.1"),
    ]
    metrics_token: Annotated[
        str,
        Setting(
            "QUIETLINE_METRICS_TOKEN",
            "Bearer token that /metrics asks for. Needed where QUIETLINE_METRICS_HOST is not this machine alone.",
            as_text,
            None,
            secret=True,
        ),
    ]
    metrics_confidential_token: Annotated[
        str,
        Setting(
            "QUIETLINE_METRICS_CONFIDENTIAL_TOKEN",
            "Bearer token that opens the figures of the confidential team, and theirs alone.",
            as_text,
            None,
            secret=True,
        ),
    ]
    synthetic_minutes: Annotated[
        int,
        Setting(
            "QUIETLINE_SYNTHETIC_MINUTES",
            "Minutes between two texts of the synthetic reporter, whose absence alarms; 0: none comes.",
            as_number(0, 60),
            lambda so_far: "5" if so_far["env"] == "production" else "0",
            shown="5 in production, 0 in development",
        ),
    ]
    synthetic_sinks: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_SYNTHETIC_SINKS",
            "Sinks that want the synthetic reporter's reports too, marked as tests, blanks between.",
            as_list,
            None,
            absent=(),
        ),
    ]
    keep_reports_days: Annotated[
        int,
        Setting(
            "QUIETLINE_KEEP_REPORTS_DAYS",
            "Days that a report is kept once all sinks have it.",
            as_number(1, 36500),
            "30",
        ),
    ]
    keep_sealed_days: Annotated[
        int,
        Setting(
            "QUIETLINE_KEEP_SEALED_DAYS",
            "Days that an account not passed on yet is kept.",
            as_number(1, 3650),
            "30",
        ),
    ]
    keep_other_days: Annotated[
        int,
        Setting("QUIETLINE_KEEP_OTHER_DAYS", "Days that what was no report is kept.", as_number(1, 3650), "7"),
    ]
    keep_unsent_hours: Annotated[
        int,
        Setting(
            "QUIETLINE_KEEP_UNSENT_HOURS",
            "Hours that an account never sent is kept.",
            as_number(1, 87600),
            "24",
        ),
    ]
    supervisor_pid: Annotated[
        int | None,
        Setting(
            "QUIETLINE_SUPERVISOR_PID",
            "Process whose end ends this one. `quietline up` sets it for what it starts.",
            as_number(1, 999_999_999),
            None,
            absent=None,
        ),
    ]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """The configuration in an environment. Reads no file. Raises ConfigError with all that is wrong."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for attribute, setting in settings().items():
            values[attribute] = setting.standard(values)
            if text := environ.get(setting.name, "").strip():
                try:
                    values[attribute] = setting.parse(text)
                except ValueError as reason:
                    problems.append(f"{setting.name} {reason}.")
        if bool(values["oidc_issuer"]) != bool(values["oidc_client_id"]):
            problems.append("QUIETLINE_OIDC_ISSUER and QUIETLINE_OIDC_CLIENT_ID belong together: set both or neither.")
        if values["oidc_issuer"] and not values["desk_url"]:
            problems.append("QUIETLINE_DESK_URL is missing: single sign-on sends browsers back there.")
        if bool(values["twilio_api_key"]) != bool(values["twilio_api_secret"]):
            problems.append("TWILIO_API_KEY and TWILIO_API_SECRET belong together: set both or neither.")
        if values["metrics_port"] and not values["metrics_token"] and not is_this_machine(values["metrics_host"]):
            problems.append("QUIETLINE_METRICS_TOKEN is missing: QUIETLINE_METRICS_HOST lets others ask.")
        if problems:
            raise ConfigError(problems)
        return cls(**values)

    @property
    def production(self) -> bool:
        """Whether nothing may be made up."""
        return self.env == "production"

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name, setting in settings().items() if not setting.secret)
        return f"Config({', '.join(shown)})"


@cache
def settings() -> Mapping[str, Setting]:
    """Each setting by the name of its attribute, in the order of `Config`."""
    hints = get_type_hints(Config, include_extras=True)
    return {each.name: hints[each.name].__metadata__[0] for each in fields(Config)}
