"""A session to the canonical report document that a control room reads. Its JSON Schema is `report.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from conversations.facts import joined
from conversations.session import SHOWN_MARKS, WITHDRAWS, Entry, Session

Document = dict[str, Any]

_SCHEMA = Path(__file__).with_name("report.schema.json")
_LATEST = 253402300799  # the last second of the year 9999


@lru_cache(maxsize=4096)
def iso(moment: float) -> str:
    """Unix seconds as ISO 8601 UTC with `Z`, whole seconds; moments outside the years 1970 to 9999 at their edge."""
    return datetime.fromtimestamp(min(max(int(moment), 0), _LATEST), UTC).isoformat()[:19] + "Z"


@cache
def schema() -> Document:
    """The JSON Schema (2020-12) that every document keeps."""
    loaded: Document = orjson.loads(_SCHEMA.read_bytes())
    return loaded


VERSION = 2
"""Of the document's form, as the schema's title says."""

_NO_PLACE: Document = {"at": None, "from": None, "to": None, "next": None, "line": None}
_NO_SERVICE: Document = {"time": None, "headcode": None, "operator": None, "coach": None, "seat": None, "unit": None}


def known(session: Session) -> bool:
    """Whether there is anything to report: danger, or words that are more than a greeting or a question."""
    return session.reportable or bool(session.danger)


def document(session: Session) -> Document | None:
    """The current report, as JSON-able data; None where nothing is known.

    `facts` has the form of a message's labels: what nobody has read is null, empty or false. `said` holds the
    reporter's words by slot, spans in code points with the end excluded; `account` every text in order with the
    question as it was put; but the words that took a report back, while it is taken back, are no part of it (R5: they
    are kept, and what went forward only gets the mark). A confidential report goes by its spare id and reference.
    """
    if not known(session):
        return None
    made = _frame(session, session.confidential)
    made["state"], made["kind"] = session.state, session.kind
    made["why_urgent"] = list(session.danger)
    made["marks"] = [mark for mark in session.marks if mark in SHOWN_MARKS]
    made["facts"] = _facts(session)
    made["said"] = _said(session)
    stopped = session.state == "stopped"
    made["account"] = [_entry(entry) for entry in session.account if not (stopped and WITHDRAWS in entry.notes)]
    made["consent"] = {name: session.consent.get(name) for name in ("contact", "name", "how")}
    return made


def moved(session: Session) -> Document:
    """What the desk keeps of a report that has become confidential: no facts and no words (R9)."""
    made = _frame(session, False)
    made["state"] = made["kind"] = "moved"
    made["times"]["last_text"] = made["times"]["started"]
    made["facts"] = _label_object({})
    return made


def card(session: Session) -> Document:
    """What the desk is told of a confidential report in danger: place, train and urgency alone (R8)."""
    made = _frame(session, False)
    made["state"], made["kind"] = "open", "alert"
    made["times"]["last_text"] = made["times"]["started"]
    values = joined(session.earlier, session.values)
    shown = {slot: value for slot, value in values.items() if slot.startswith(("place.", "service."))}
    made["facts"] = _label_object(shown)
    made["facts"]["urgency"] = "emergency" if session.alarmed else values.get("urgency")
    return made


def _frame(session: Session, confidential: bool) -> Document:
    slug, version, fingerprint = session.flow
    return {
        "version": VERSION,
        "id": session.spare if confidential else session.id,
        "reference": session.spare_reference if confidential else session.reference,
        "revision": session.apart if confidential else session.revision,
        "audience": "confidential" if confidential else "desk",
        "organisation": session.organisation,
        "status": session.status,
        "times": {
            "started": iso(session.started),
            "last_text": iso(session.last_text),
            "revised": None if session.revised is None else iso(session.revised),
        },
        "state": "open",
        "kind": None,
        "why_urgent": [],
        "marks": [],
        "facts": {},
        "said": {},
        "account": [],
        "consent": {"contact": None, "name": None, "how": None},
        "channel": session.channel,
        "flow": {"slug": slug, "version": version, "hash": fingerprint},
    }


def _facts(session: Session) -> Document:
    values = joined(session.earlier, session.values) if session.earlier else session.values
    facts = _label_object(values)
    facts["language"] = session.language
    if session.danger:
        facts["urgency"] = "emergency"
    return facts


def _label_object(values: Mapping[str, Any]) -> Document:
    place: Document = {**_NO_PLACE, "ids": {}}
    service = dict(_NO_SERVICE)
    facts: Document = {
        "language": "en",
        "intent": "report",
        "place": place,
        "service": service,
        "behaviours": [],
        "urgency": None,
        "role": None,
        "suspect_is": None,
        "describes_suspect": False,
    }
    for slot, value in values.items():
        group, _, key = slot.partition(".")
        if not key:
            if slot in facts:
                facts[slot] = value
        elif group == "place":
            place[key] = value
        elif group == "service":
            service[key] = value
    return facts


def _said(session: Session) -> Document:
    account = session.account
    found: Document = {}
    for slot, spans in session.said.items():
        found[slot] = listed = []
        for number, start, end in spans:
            text, at, question, *_ = account[number]
            listed.append({"text": text, "span": [start, end], "question": question, "at": iso(at)})
    return found


def _entry(entry: Entry) -> Document:
    text, at, question, put, language, notes = entry
    made: Document = {"question": question, "put": put, "language": language, "text": text, "at": iso(at)}
    if notes:
        made["notes"] = list(notes)
    return made
