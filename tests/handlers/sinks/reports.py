"""A report as the conversation makes it, and deliveries of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson

from handlers.ports import Delivery

CANARY = "canary navy suit and earpods"
MADE = 1_795_284_310.0  # 2026-11-21T18:05:10Z

_TIMES: dict[str, Any] = {
    "started": "2026-11-21T18:05:10Z",
    "last_text": "2026-11-21T18:07:40Z",
    "revised": "2026-11-21T18:07:40Z",
}
_FACTS: dict[str, Any] = {
    "language": "en",
    "intent": "report",
    "place": {
        "at": "Clapham Junction",
        "from": None,
        "to": "London Victoria",
        "next": None,
        "line": None,
        "ids": {"at": "CLJ", "to": "VIC"},
    },
    "service": {
        "time": "07:44",
        "headcode": None,
        "operator": None,
        "coach": "3",
        "seat": None,
        "unit": None,
        "time_kind": "train",
    },
    "behaviours": ["rubbing", "sexual_images_shown"],
    "urgency": "now",
    "role": "self",
    "suspect_is": None,
    "describes_suspect": True,
}
_SAID: dict[str, Any] = {
    "place.at": [{"text": "just gone clapham", "span": [0, 17], "question": "location", "at": "2026-11-21T18:06:02Z"}]
}
_ACCOUNT: list[dict[str, Any]] = [
    {
        "question": None,
        "put": None,
        "language": "en",
        "text": "man on the 0744",
        "at": "2026-11-21T18:05:10Z",
    },
    {
        "question": "description",
        "put": "Tell us what happened in your own words.",
        "language": "en",
        "text": f"{CANARY}\nhe kept following",
        "at": "2026-11-21T18:07:40Z",
    },
]


def report(revision: int = 3, **changes: Any) -> dict[str, Any]:
    """A complete report of one conversation, with the given keys changed."""
    return {
        "version": 2,
        "id": "r-9d1c4e",
        "reference": "7KQ4",
        "revision": revision,
        "audience": "desk",
        "organisation": "avon-rail",
        "status": "live",
        "times": deepcopy(_TIMES),
        "state": "complete",
        "kind": "complete",
        "why_urgent": [],
        "marks": [],
        "facts": deepcopy(_FACTS),
        "said": deepcopy(_SAID),
        "account": deepcopy(_ACCOUNT),
        "consent": {"contact": None, "name": None, "how": None},
        "channel": "sms",
        "flow": {"slug": "starter", "version": 1, "hash": "0" * 64},
        **changes,
    }


def delivery(revision: int = 3, attempt: int = 1, kind: str = "complete", **changes: Any) -> Delivery:
    """That report on its way to a sink."""
    document = report(revision, **{"kind": kind, **changes})
    return Delivery(
        report_id=document["id"],
        revision=revision,
        kind=kind,
        organisation=document["organisation"],
        document=orjson.dumps(document),
        created_at=MADE,
        attempt=attempt,
    )
