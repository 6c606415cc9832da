"""One revision as an e-mail: words for a person, plain and as HTML, a PDF to print, the report itself for machines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from handlers.ports import Delivery, Parked
from handlers.sinks.page import page
from handlers.sinks.readable import readable, sections, title

# A subject and a file name take only what a reference is made of.
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,16}")


def letter(delivery: Delivery, sender: str, recipient: str, timezone: ZoneInfo) -> bytes:
    """The message in wire form, the same bytes for every attempt. Raises Parked where the document is unreadable.

    The subject tells nothing of the incident. All revisions of one report refer to one thread.
    """
    from handlers.sinks.printed import printed

    report = _report(delivery.document)
    reference = str(report.get("reference") or "")
    if not _REFERENCE.fullmatch(reference):
        reference = ""
    domain = sender.rpartition("@")[2]
    key = _digest(delivery.idempotency_key)
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = Address("Quietline", addr_spec=sender)
    message["To"] = recipient
    message["Subject"] = title(report, reference, delivery.revision)
    message["Date"] = format_datetime(datetime.fromtimestamp(int(delivery.created_at), UTC))
    message["Message-ID"] = f"<{key}@{domain}>"
    message["References"] = f"<{_digest(delivery.report_id)}@{domain}>"
    # RFC 3834; the second is what Exchange heeds. No absence note may answer a report.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if delivery.kind == "alert":
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    told = sections(report, reference, delivery.revision, timezone)
    message.set_content(readable(report, reference, delivery.revision, timezone), cte="quoted-printable")
    message.add_alternative(page(told), subtype="html", cte="quoted-printable")
    name = "-".join(part for part in ("report", reference, str(delivery.revision)) if part)
    for data, subtype in ((delivery.document, "json"), (printed(told, delivery.created_at), "pdf")):
        message.add_attachment(data, maintype="application", subtype=subtype, filename=f"{name}.{subtype}")
    # "=_" stands in no quoted-printable or base64 line (RFC 2045, 6.7).
    message.set_boundary(f"=_{key}")
    next(message.iter_parts()).set_boundary(f"=_{key}a")
    return message.as_bytes()


def _report(document: bytes) -> Mapping[str, Any]:
    try:
        report = orjson.loads(document)
    except orjson.JSONDecodeError:
        report = None
    if not isinstance(report, dict):
        raise Parked("document is not a JSON object")
    return report


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]
