"""What a webhook carries: a CloudEvents 1.0 envelope around the report, signed as Standard Webhooks says.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

from handlers.ports import Delivery

TYPE_PREFIX = "uk.quietline.report."


class _CanonicalJSON(JSONFormat):
    """The library's JSON format for data that is JSON already: the report keeps its bytes, and need not be parsed."""

    def write(self, event: BaseCloudEvent) -> bytes:
        data = event.get_data()
        if not isinstance(data, bytes):
            return super().write(event)
        return orjson.dumps({**event.get_attributes(), "data": orjson.Fragment(data)}, option=orjson.OPT_UTC_Z)


_FORMAT = _CanonicalJSON()


def wrap(delivery: Delivery) -> bytes:
    """The delivery as one CloudEvent in structured JSON mode.

    `id` is the idempotency key, `source` the organisation, `subject` the report, `time` when the revision was made,
    `revision` an extension, `data` the canonical report.
    """
    event = CloudEvent(
        {
            "id": delivery.idempotency_key,
            "source": delivery.organisation,
            "type": TYPE_PREFIX + delivery.kind,
            "subject": delivery.report_id,
            "time": datetime.fromtimestamp(int(delivery.created_at), UTC),
            "datacontenttype": "application/json",
            "revision": delivery.revision,
        },
        delivery.document,
    )
    return to_structured(event, _FORMAT).body


class Signer:
    """Signs with every secret that is valid now, so that a receiver may change over in its own time.

    Args:
        secrets: Standard Webhooks secrets, `whsec_` and base64; the newest first.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._webhooks = [Webhook(secret) for secret in secrets]

    def headers(self, key: str, body: bytes, now: float) -> dict[str, str]:
        """The headers of one attempt made at `now` (Unix seconds); receivers refuse one that is five minutes old."""
        at = datetime.fromtimestamp(int(now), UTC)
        text = body.decode()
        signatures = [webhook.sign(key, at, text) for webhook in self._webhooks]
        return {
            "user-agent": "Quietline",
            "content-type": JSONFormat.CONTENT_TYPE,
            "webhook-id": key,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": " ".join(signatures),
            "idempotency-key": key,
        }
