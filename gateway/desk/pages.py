"""What a person reads when a page is not there, or something could not be done."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template
from werkzeug.wrappers import Response as AnyResponse

from gateway.web.failures import neutral
from handlers.desk import NotThere
from handlers.records.database import StoreError
from handlers.vault import VaultError


def install(app: Flask) -> None:
    """Answers of their own: not there is 404 like any other, a store that is away 503 and shows nothing (R10)."""

    @app.errorhandler(NotThere)
    def not_there(error: NotThere) -> AnyResponse:
        return neutral(404)

    @app.errorhandler(VaultError)
    def not_opened(error: VaultError) -> AnyResponse:
        return neutral(404)

    @app.errorhandler(StoreError)
    def store_away(error: StoreError) -> AnyResponse:
        return neutral(503)


def page(template: str, status: int = 200, /, **values: Any) -> tuple[str, int]:
    """A template with its values."""
    return render_template(template, **values), status
