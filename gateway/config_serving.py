"""The settings of where an installation stands: its data, its ports, and how people come to the desk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from gateway.setting import (
    Setting,
    as_database,
    as_list,
    as_networks,
    as_number,
    as_origin,
    as_path,
    as_redis,
    as_text,
    as_web_address,
    one_of,
)
from handlers.networks import Network


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Serving:
    """The first part of the configuration; `gateway.config.Config` is the whole."""

    env: Annotated[
        str,
        Setting(
            "QUIETLINE_ENV",
            "development or production. In production nothing is made up: what is missing is refused.",
            one_of("development", "production"),
            "development",
        ),
    ]
    data: Annotated[
        Path,
        Setting(
            "QUIETLINE_DATA",
            "Folder of the database, the generated secrets and the queue's file. Only its owner may read it.",
            as_path,
            "./data",
        ),
    ]
    spool: Annotated[
        Path,
        Setting(
            "QUIETLINE_SPOOL",
            "Folder where texts are kept, sealed, while the database takes none. On another disk than the database.",
            as_path,
            lambda so_far: str(so_far["data"] / "spool"),
            shown="spool in the data folder",
        ),
    ]
    database_url: Annotated[
        str,
        Setting(
            "DATABASE_URL",
            "Database: postgresql://user:password@host/name or sqlite:////path/of/file.",
            as_database,
            lambda so_far: f"sqlite:///{so_far['data'] / 'quietline.sqlite3'}",
            shown="quietline.sqlite3 in the data folder",
            secret=True,
        ),
    ]
    redis_url: Annotated[
        str,
        Setting(
            "REDIS_URL",
            "Redis or Valkey server of the queue. The queue is a nudge: without it reports wait for the clock.",
            as_redis,
            None,
            shown="a server that `quietline up` starts",
            secret=True,
        ),
    ]
    port: Annotated[int, Setting("PORT", "Port on which the gateway listens.", as_number(1, 65535), "8061")]
    host: Annotated[
        str,
        Setting(
            "HOST",
            "Address on which the gateway listens.",
            as_text,
            lambda so_far: "0.0.0.0" if so_far["env"] == "production" else "127.0.0.1",  # noqa: S104 - for a router
            shown="127.0.0.1 in development, 0.0.0.0 in production",
        ),
    ]
    desk_port: Annotated[
        int,
        Setting(
            "QUIETLINE_DESK_PORT",
            "Port on which the control-room desk listens.",
            as_number(1, 65535),
            lambda so_far: str(so_far["port"] % 65000 + 10),
            shown="PORT and 10",
        ),
    ]
    desk_host: Annotated[
        str,
        Setting(
            "QUIETLINE_DESK_HOST",
            "Address on which the desk listens. Put a proxy with TLS before it where that is not this machine.",
            as_text,
            "127.0.0.1",
        ),
    ]
    desk_url: Annotated[
        str,
        Setting(
            "QUIETLINE_DESK_URL",
            "The desk's address as browsers know it, such as https://desk.example.org. Passkeys are bound to its name.",
            as_origin,
            lambda so_far: None if so_far["env"] == "production" else f"http://localhost:{so_far['desk_port']}",
            shown="http://localhost:QUIETLINE_DESK_PORT, in development alone",
        ),
    ]
    desk_proxies: Annotated[
        tuple[Network, ...],
        Setting(
            "QUIETLINE_DESK_PROXIES",
            "Addresses or networks of proxies before the desk, blanks between. Only their X-Forwarded-For counts.",
            as_networks,
            None,
            absent=(),
        ),
    ]
    oidc_issuer: Annotated[
        str,
        Setting(
            "QUIETLINE_OIDC_ISSUER",
            "Issuer of single sign-on (OpenID Connect), to the letter as its tokens name it. Absent: none is offered.",
            as_web_address,
            None,
        ),
    ]
    oidc_client_id: Annotated[
        str,
        Setting("QUIETLINE_OIDC_CLIENT_ID", "The desk's name at the issuer.", as_text, None),
    ]
    oidc_client_secret: Annotated[
        str,
        Setting(
            "QUIETLINE_OIDC_CLIENT_SECRET",
            "The desk's secret at the issuer; absent where it is registered as a public client.",
            as_text,
            None,
            secret=True,
        ),
    ]
    oidc_hosts: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_OIDC_HOSTS",
            "Hosts besides the issuer's own that its document may send the desk to, blanks between.",
            as_list,
            None,
            absent=(),
        ),
    ]
    oidc_claim: Annotated[
        str,
        Setting(
            "QUIETLINE_OIDC_CLAIM",
            "Claim that says who it is, as `quietline people join` was told. One that nobody can choose freely.",
            as_text,
            "sub",
        ),
    ]
    oidc_second_factor: Annotated[
        tuple[str, ...],
        Setting(
            "QUIETLINE_OIDC_SECOND_FACTOR",
            "Values of `acr` or `amr`, blanks between, one of which a token must hold: a second factor was used.",
            as_list,
            "mfa phr phrh",
        ),
    ]
