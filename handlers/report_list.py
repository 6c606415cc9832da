"""What was made and where each delivery stands, for people at the installation."""

from __future__ import annotations

from msgspec import Struct

from handlers.records import acknowledgements, escalations, outbox, reports
from handlers.records.acknowledgements import Acknowledgement
from handlers.records.database import Database
from handlers.records.outbox import DeliveryRow, Pause
from handlers.records.reports import StoredReport
from handlers.vault import KeyRing, VaultError


class ListedReport(Struct, frozen=True):
    """One report, each revision of it on its way to each sink, and the sinks that are paused just now.

    `answers` is what control rooms said of it, `told` how many contacts were told that none had.
    """

    report: StoredReport
    deliveries: tuple[DeliveryRow, ...]
    paused: dict[str, Pause]
    answers: tuple[Acknowledgement, ...] = ()
    told: int = 0

    @property
    def newest_deliveries(self) -> list[DeliveryRow]:
        """Of each sink the delivery of the newest revision that it wants."""
        newest: dict[str, DeliveryRow] = {}
        for row in self.deliveries:
            if row.sink not in newest or row.revision > newest[row.sink].revision:
                newest[row.sink] = row
        return [newest[sink] for sink in sorted(newest)]


def list_reports(database: Database, wanted: str | None = None, *, audience: str = "desk") -> list[ListedReport]:
    """An audience's reports, oldest first, or those of them whose id or reference is `wanted`. Raises StoreError.

    For who is not of the `confidential` audience its reports do not exist (R8).
    """
    with database.read() as tx:
        paused = outbox.paused(tx)
        return [
            ListedReport(
                report,
                tuple(outbox.of_report(tx, report.id)),
                paused,
                tuple(acknowledgements.of_report(tx, report.id)),
                escalations.step_of(tx, report.id),
            )
            for report in reports.listed(tx, audience)
            if wanted is None or wanted.lower() == report.id or wanted.upper() == report.reference
        ]


def open_document(database: Database, ring: KeyRing, report: StoredReport) -> bytes:
    """The canonical JSON of a report's newest revision. Raises StoreError, VaultError."""
    with database.read() as tx:
        wrapped = reports.wrapped_key(tx, report.id)
        sealed = reports.sealed_document(tx, report.id, report.revision)
    if wrapped is None or sealed is None:
        raise VaultError(f"report {report.id} is gone")
    key = ring.unwrap("content", report.id, wrapped, reports.key_place(report.id))
    return key.open(sealed[0], reports.document_place(report.id, report.revision))
