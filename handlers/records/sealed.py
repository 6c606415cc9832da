"""Which tables hold sealed content of reports, or its keys."""

from __future__ import annotations

from typing import Final

TABLES: Final = (
    *("inbox", "conversations", "reports", "revisions", "texts", "contacts", "phone_texts"),
    *("desk_notes", "desk_labels", "desk_views", "desk_promises", "desk_handovers", "desk_samples"),
)
