"""A session to the canonical report document that a control room reads. Its JSON Schema is `report.schema.json`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from conversations.session import Entry, Session

Document = dict[str, Any]

_SCHEMA = Path(__file__).with_name("report.schema.json")
_LATEST = 253402300799  # the last second of the year 9999


def iso(moment: float) -> str:
    """Unix seconds as ISO 8601 UTC with `Z`, whole seconds; moments outside the years 1970 to 9999 at their edge."""
    seconds = min(max(int(moment), 0), _LATEST)
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"


@cache
def schema() -> Document:
    """The JSON Schema (2020-12) that every document keeps."""
    loaded: Document = orjson.loads(_SCHEMA.read_bytes())
    return loaded


def known(session: Session) -> bool:
    """Whether there is anything to report: words, or danger."""
    return bool(session.account or session.danger)


def document(session: Session) -> Document | None:
    """The current report, as JSON-able data; None where nothing is known.

    `facts` has the form of a message's labels: what nobody has read is null, empty or false. `said` holds the
    reporter's words by slot, spans in code points with the end excluded; `account` every text in order with the
    question as it was put.
    """
    if not known(session):
        return None
    slug, version, fingerprint = session.flow
    return {
        "id": session.id,
        "reference": session.reference,
        "revision": session.revision,
        "organisation": session.organisation,
        "status": session.status,
        "times": {
            "started": iso(session.started),
            "last_text": iso(session.last_text),
            "revised": None if session.revised is None else iso(session.revised),
        },
        "state": session.state,
        "kind": session.kind,
        "why_urgent": list(session.danger),
        "facts": _facts(session),
        "said": _said(session),
        "account": [_entry(entry) for entry in session.account],
        "consent": {"contact": None, "name": None},
        "channel": session.channel,
        "flow": {"slug": slug, "version": version, "hash": fingerprint},
    }


def _facts(session: Session) -> Document:
    facts: Document = {
        "language": session.language,
        "intent": "report",
        "place": {"at": None, "from": None, "to": None, "next": None, "line": None, "ids": {}},
        "service": {"time": None, "headcode": None, "operator": None, "coach": None, "seat": None, "unit": None},
        "behaviours": [],
        "urgency": "emergency" if session.danger else None,
        "role": None,
        "suspect_is": None,
        "describes_suspect": False,
    }
    for slot, value in session.values.items():
        group, _, name = slot.partition(".")
        if name:
            facts[group][name] = value
        else:
            facts[group] = value
    return facts


def _said(session: Session) -> Document:
    account = session.account
    return {
        slot: [
            {
                "text": account[said.entry].text,
                "span": [said.start, said.end],
                "question": account[said.entry].question,
                "at": iso(account[said.entry].at),
            }
            for said in found
        ]
        for slot, found in session.said.items()
    }


def _entry(entry: Entry) -> Document:
    made: Document = {
        "question": entry.question,
        "put": entry.put,
        "language": entry.language,
        "text": entry.text,
        "at": iso(entry.at),
    }
    if entry.notes:
        made["notes"] = list(entry.notes)
    return made
