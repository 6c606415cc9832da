"""What a storm must not have done: every acknowledged text is stored, every report is at the room once and whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from handlers.records.database import Database
from handlers.spool import Spool
from tests.bench.load import percentile
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.storm.carriers import Phone
from tests.storm.room import Taken

WEBHOOK_P99 = 0.5  # seconds, P2
_SHARES = (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))


@dataclass
class Result:
    """What a storm came to.

    `webhook` are the seconds of each request that was answered with 200, `until_acknowledged` those from a text's first
    attempt. All of `lost`, `doubled`, `incomplete`, `stuck`, `changed`, `orphans`, `leaked`, `failed_while_reloading`,
    `tampered` (what is wrong with the audit chain) must be empty or 0.
    """

    messages: int
    acknowledged: int
    killed: Counter[str]
    faults: Counter[str]
    redelivered: int
    copies: int
    resends: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    changed: int = 0
    failed_while_reloading: int = 0
    orphans: int = 0
    dropped: int = 0
    audited: int = 0
    tampered: str = ""
    leaked: list[str] = field(default_factory=list)
    integrity: str = "ok"
    webhook: list[float] = field(default_factory=list)
    until_acknowledged: list[float] = field(default_factory=list)
    postponed: int = 0
    neutral: int = 0
    drained: float = 0.0
    whole: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        faults = (self.lost, self.doubled, self.incomplete, self.stuck, self.changed, self.orphans, self.leaked)
        kept = not any(faults) and not self.failed_while_reloading and self.integrity == "ok"
        return kept and not self.tampered and self.acknowledged + self.dropped == self.messages + self.copies

    @property
    def is_quick(self) -> bool:
        """Whether 99 of 100 requests were answered within P2's half second."""
        return percentile(self.webhook, 0.99) <= WEBHOOK_P99

    def table(self) -> str:
        """For a person."""
        rows = (
            ("texts sent", self.messages + self.copies),
            ("acknowledged", self.acknowledged),
            ("kill -9", _counted(self.killed)),
            ("other faults", _counted(self.faults)),
            ("redelivered by the carrier", self.redelivered),
            ("sent twice by the network", self.copies),
            ("dropped, had from its list", self.dropped),
            ("turns taken later", self.postponed),
            ("lost", len(self.lost)),
            ("duplicate reports", len(self.doubled)),
            ("incomplete reports", len(self.incomplete)),
            ("answers that changed", self.changed),
            ("became neutral, or had been", self.neutral),
            ("failed requests at reloads", self.failed_while_reloading),
            ("resends absorbed by their key", self.resends),
            ("rows left over", self.stuck or 0),
            ("orphans", self.orphans),
            ("files with numbers or words", len(self.leaked)),
            ("integrity", self.integrity),
            ("audit chain", self.tampered or f"ok, {self.audited} rows"),
            *((f"webhook {name} ms", _milliseconds(self.webhook, share)) for name, share in _SHARES),
            *(
                (f"until acknowledged {name} ms", _milliseconds(self.until_acknowledged, share))
                for name, share in _SHARES
            ),
            ("drained after s", f"{self.drained:.1f}"),
            ("every word at the room after s", f"{self.whole:.1f}"),
        )
        return "\n".join(f"{name:<32}{value}" for name, value in rows)


def _counted(what: Counter[str]) -> str:
    return f"{what.total()} ({', '.join(f'{name} {count}' for name, count in sorted(what.items()))})"


def _milliseconds(seconds: list[float], share: float) -> str:
    return f"{1000 * percentile(seconds, share):.1f}"


def faulty_reports(crowd: list[Phone], taken: list[Taken], later: Collection[int]) -> tuple[list[str], list[str]]:
    """The marks of reporters with more than one report at the room, and of those whose newest revision is not whole.

    Whole is: finished, with every word. Where the database took a text `later` than the next one, the answers met other
    questions: then a report that silence ended is whole as well, and a greeting that came last is no part of it.
    """
    out_of_order = set(later)
    newest: dict[str, Taken] = {}
    for each in taken:
        if each.report not in newest or each.revision > newest[each.report].revision:
            newest[each.report] = each
    found: dict[str, list[Taken]] = {}
    for each in newest.values():
        for mark in {text.rpartition(" ")[2] for text in each.texts if text.endswith("z")}:
            found.setdefault(mark, []).append(each)
    doubled = [phone.mark for phone in crowd if len(found.get(phone.mark, [])) > 1]
    incomplete = [phone.mark for phone in crowd if not _is_whole(phone, found.get(phone.mark, []), out_of_order)]
    return doubled, incomplete


def _is_whole(phone: Phone, reports: list[Taken], out_of_order: Collection[int]) -> bool:
    wanted, states = {text.body for text in phone.texts if text.body.endswith(phone.mark)}, {"complete"}
    if phone.texts[0].reporter in out_of_order:
        wanted, states = {body for body in wanted if not body.startswith("hello")}, {"complete", "unfinished"}
    return bool(reports) and reports[0].state in states and wanted <= set(reports[0].texts)


def leaked(folder: Path, crowd: list[Phone]) -> list[str]:
    """R23: database, log, queue file, spool and process logs hold no number and no word; the room's own record does."""
    forms = [form for phone in crowd[:3] for form in forms_of_number(phone.texts[0].number)]
    [account] = (text.body for text in crowd[0].texts if text.body.startswith("he kept"))
    forms += forms_of_words(account) + forms_of_words(crowd[1].mark)
    return leaks(folder, forms, but=("room.jsonl",))


def left_over(database: Database, spool: Spool) -> dict[str, int]:
    """What is not through: to be forwarded, to be taken again, held, in the spool."""
    outbox = "SELECT count(*) FROM outbox WHERE state NOT IN ('delivered', 'replaced')"
    inbox = "SELECT count(*) FROM inbox WHERE state NOT IN ('taken', 'repeat')"
    counts = {
        "outbox": rows(database, outbox)[0][0],
        "inbox": rows(database, inbox)[0][0],
        "spool": len(spool.contents()),
    }
    return {name: count for name, count in counts.items() if count}


def rows(database: Database, query: str) -> list[Any]:
    """What the database says."""
    with database.engine.connect() as connection:
        return list(connection.execute(sa.text(query)))
