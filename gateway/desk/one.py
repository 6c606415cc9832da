"""All that stands on the page of one report."""

from __future__ import annotations

import secrets
from typing import Any

from flask import request

from gateway.desk import history, thread
from gateway.desk.history import Change
from gateway.desk.map import of as map_of
from handlers import exchanges, handling, joining, labels, news, replies, staff
from handlers import history as revisions
from handlers.handling import NotDone
from handlers.joining import Told
from handlers.queue_lines import Line
from handlers.replies import Offered
from handlers.service import Service
from handlers.sign_in import SignedIn
from handlers.staff import LOCK_SCREEN, MOST_SEGMENTS, NotSaid, Standing
from handlers.turns import Lost
from handlers.vault import VaultError


def values(
    service: Service, person: SignedIn, organisation: str, report_id: str, *, draft: str = "",
    drafts: dict[str, str] | None = None, refused: NotSaid | None = None, not_done: NotDone | None = None,
    told: list[Told] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the page shows, every look audited first.

    Args:
        service, person, organisation, report_id: whose page it is.
        draft, drafts: what was being written to the reporter, and by language to all reporters of an incident.
        refused, not_done: why the last thing was not done.
        told: what became of a reply to all.

    Raises NotThere, StoreError, VaultError.
    """
    found, around = joining.report(service, person, organisation, report_id)
    item, document = found.line.item, found.line.document
    flow = (document.get("flow") or {}).get("slug")
    standing = _standing(service, report_id)
    offered = replies.offered(flow, document, item.incident)
    language = str((document.get("facts") or {}).get("language") or "en")
    return {
        "texts": news.said(service, [report_id, *(each.item.report_id for each in around.joined)]),
        "report": found, "line": found.line, "item": item, "organisation": organisation, "language": language,
        "mine": item.holder == person.person_id and item.closed_at is None, "standing": standing,
        "aside": exchanges.count_aside(service, item),
        "turns": thread.of(found, exchanges.of_report(service, item), standing),
        "map": map_of(document), "around": around,
        "changes": _changes(service, found.line), "labels": labels.of(service, item),
        "suggested_labels": labels.SUGGESTED, "offered": offered, "flow": flow,
        "approved": replies.approved(flow), "languages": _languages(language, around),
        "draft": draft or _chosen(offered, language), "drafts": drafts or {}, "refused": refused,
        "not_done": not_done, "told": told, "reasons": staff.REASONS, "outcomes": handling.OUTCOMES,
        "key": secrets.token_urlsafe(12), "lock_screen": LOCK_SCREEN, "most": MOST_SEGMENTS,
    }  # fmt: skip


def _changes(service: Service, line: Line) -> list[Change]:
    """What each revision changed: worked out once for each new one."""
    return service.shared.documents.made(
        line.item.report_id, line.item.revision, line.document, "changes",
        lambda: history.of(revisions.revisions(service, line.item)),
    )  # fmt: skip


def _standing(service: Service, report_id: str) -> Standing | None:
    """Whether the reporter may be texted; None where that cannot be told, and sending will say so."""
    try:
        return staff.standing(service, report_id)
    except (Lost, VaultError):
        return None


def _chosen(offered: list[Offered], language: str) -> str:
    """The draft for who chose an approved reply without scripts."""
    wanted = request.args.get("reply", "")
    return next((one.texts.get(language, "") for one in offered if one.code == wanted), "")


def _languages(language: str, around: joining.Around) -> list[str]:
    """The languages of the reporters of an incident, this report's first."""
    others = [str((one.document.get("facts") or {}).get("language") or "en") for one in around.joined]
    return list(dict.fromkeys([language, *others]))
