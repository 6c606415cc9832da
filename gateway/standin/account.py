"""Accounts of the stand-in: ids and secrets of the carrier's shapes, good for nothing else."""

from __future__ import annotations

from msgspec import Struct


class Account(Struct, frozen=True):
    """One account: what signs its webhooks (two tokens during a rotation) and what opens its REST API."""

    sid: str
    token: str
    second_token: str
    api_key: str
    api_secret: str


ACCOUNT = Account("AC" + "5e" * 16, "a1" * 16, "b2" * 16, "SK" + "c3" * 16, "d4" * 16)
OTHER_ACCOUNT = Account("AC" + "0f" * 16, "11" * 16, "22" * 16, "SK" + "33" * 16, "44" * 16)
