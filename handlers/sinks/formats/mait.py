"""A mapping to MAIT, the UK's Multi Agency Incident Transfer (British APCO). UNVERIFIED.

No control room's system and no schema has checked it: the names follow the idea of the standard (an incident creation
message with its originator, incident, location and log) and not its letter. Every file says so, in a comment and in an
attribute, and its namespace is ours, so that no receiver takes it for the real thing unawares. The standard:
https://www.gov.uk/government/publications/open-standards-for-government/multi-agency-incident-transfer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree

from handlers.ports import Delivery
from handlers.sinks.formats import opened, part

SUFFIX: Final = "xml"
SINGLE: Final = True
NAMESPACE: Final = "urn:quietline:mait:unverified"
WARNING: Final = " UNVERIFIED mapping to MAIT: agree it with the receiving control room before any use. "
_PRIORITIES: Final = {"emergency": "Immediate", "now": "Urgent", "past": "Routine"}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def row(delivery: Delivery) -> bytes:
    """One message. Raises Parked."""
    report = opened(delivery)
    root = ElementTree.Element("IncidentCreation", {"xmlns": NAMESPACE, "conformance": "unverified"})
    root.append(ElementTree.Comment(WARNING))
    _add(root, "MessageHeader", _header(delivery))
    _add(root, "Incident", _incident(delivery, report))
    ElementTree.indent(root)
    message: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return message + b"\n"


def whole(rows: Sequence[bytes]) -> bytes:
    """One message is one file."""
    (only,) = rows
    return only


def keys(data: bytes) -> set[str]:
    """None: a file's name says which revision it holds."""
    return set()


def _header(delivery: Delivery) -> dict[str, Any]:
    made = datetime.fromtimestamp(int(delivery.created_at), UTC)
    return {
        "MessageIdentifier": delivery.idempotency_key,
        "MessageType": "Create" if delivery.revision == 1 else "Update",
        "SentDateTime": f"{made:%Y-%m-%dT%H:%M:%SZ}",
        "OriginatingOrganisation": delivery.organisation,
    }


def _incident(delivery: Delivery, report: Mapping[str, Any]) -> dict[str, Any]:
    urgency = "emergency" if report.get("why_urgent") else part(report, "facts", "urgency")
    return {
        "OriginatorIncidentIdentifier": delivery.report_id,
        "OriginatorIncidentReference": report.get("reference"),
        "OriginatorIncidentRevision": delivery.revision,
        "OperationalStatus": {"live": "Live", "exercise": "Exercise"}.get(str(report.get("status")), "Test"),
        "IncidentDateTime": part(report, "times", "started"),
        "IncidentPriority": _PRIORITIES.get(str(urgency)),
        "IncidentType": ", ".join(_words(part(report, "facts", "behaviours"))) or None,
        "Location": {
            "LocationDescription": _location(report),
            "StationCode": part(report, "facts", "place", "ids", "at"),
        },
        "TransportDetails": {
            name: part(report, "facts", "service", key)
            for name, key in (
                *(("DepartureTime", "time"), ("TrainReportingNumber", "headcode"), ("Operator", "operator")),
                *(("Coach", "coach"), ("Seat", "seat"), ("Unit", "unit")),
            )
        },
        "IncidentLog": [
            {"LogEntry": {"EntryDateTime": entry.get("at"), "EntryText": entry.get("text")}}
            for entry in report.get("account") or ()
            if isinstance(entry, Mapping)
        ],
    }


def _location(report: Mapping[str, Any]) -> str | None:
    labels = ("at", "from", "to", "next", "line", "direction")
    told = [(label, part(report, "facts", "place", label)) for label in labels]
    return "; ".join(f"{label} {value}" for label, value in told if value) or None


def _words(values: Any) -> list[str]:
    return [str(value).replace("_", " ") for value in values] if isinstance(values, list) else []


def _add(parent: ElementTree.Element, name: str, value: Any) -> None:
    """An element for what is there, none for what is not."""
    if value is None or value == [] or value == {}:
        return
    element = ElementTree.SubElement(parent, name)
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, Mapping):
            for key, inner in entry.items():
                _add(element, key, inner)
        else:
            element.text = _NOT_XML.sub("\ufffd", str(entry))
