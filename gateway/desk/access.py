"""How people come to the desk: its address, the proxies before it, single sign-on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from flask import Request
from msgspec import Struct

from gateway.config import Config
from gateway.desk.oidc import Provider
from handlers import networks
from handlers.networks import Network
from handlers.passkeys import RelyingParty


class Access(Struct, frozen=True):
    """What stands between a browser and the desk. Where a part is absent, it is not offered."""

    party: RelyingParty | None = None
    proxies: Sequence[Network] = ()
    provider: Provider | None = None

    @classmethod
    def of(cls, config: Config) -> Self:
        """As the settings say. Calls nobody yet."""
        return cls(RelyingParty.of(config.desk_url), config.desk_proxies, Provider.of(config))

    def address(self, request: Request) -> str:
        """The address that asks (R16)."""
        return networks.client(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), self.proxies)
