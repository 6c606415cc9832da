"""Where reports go: a webhook, a mailbox, a file. One file each; `build` makes one from its settings.

Making a sink opens nothing and imports no HTTP or mail library: that waits for the first delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlers.ports import Sink

KINDS = ("webhook", "email", "file")


def build(kind: str, sink_id: str, settings: Mapping[str, str]) -> Sink:
    """The sink of this kind with these settings.

    Args:
        kind: one of `KINDS`.
        sink_id: what outbox rows and people call it.
        settings: plain strings, secrets already resolved; the names are those of the kind's settings class.

    Raises:
        ValueError: `sink desk: url: ...`, naming the setting and never its value.
    """
    try:
        return _build(kind, sink_id, settings)
    except ValueError as problem:
        raise ValueError(f"sink {sink_id}: {problem}") from None


def _build(kind: str, sink_id: str, settings: Mapping[str, str]) -> Sink:
    match kind:
        case "webhook":
            from handlers.sinks.webhook import WebhookSettings, WebhookSink

            return WebhookSink(sink_id, WebhookSettings.from_settings(settings))
        case "email":
            from handlers.sinks.email import EmailSettings, EmailSink

            return EmailSink(sink_id, EmailSettings.from_settings(settings))
        case "file":
            from handlers.sinks.file import FileSettings, FileSink

            return FileSink(sink_id, FileSettings.from_settings(settings))
        case _:
            raise ValueError(f"kind: must be one of {', '.join(KINDS)}")
