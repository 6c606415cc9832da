"""THE FLOOR: a bare Flask route that checks the carrier's signature with the carrier's own library, nothing else."""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

PATH = "/twilio/inbound"
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response><Message>Thanks. Where are you now?</Message></Response>'


def signed() -> Flask:
    """The bare signed route. Takes BENCH_URL (as signed) and BENCH_TOKEN from the environment."""
    app = Flask(__name__)
    url, validator = os.environ["BENCH_URL"], RequestValidator(os.environ["BENCH_TOKEN"])

    @app.post(PATH)
    def inbound() -> Response:
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        return Response(TWIML, mimetype="text/xml")

    return app
