"""The page at the root: it says that the gateway runs and, in development alone, how to text it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response

from gateway.web import page


def blueprint(how_to_text: Sequence[str]) -> Blueprint:
    """GET / and its stylesheet.

    Args:
        how_to_text: paragraphs for somebody who tries it out; empty in production.
    """
    home = Blueprint("home", __name__)
    document = page.html("Quietline is running", how_to_text)

    @home.get("/", provide_automatic_options=False)
    def root() -> Response:
        return Response(document, content_type=page.CONTENT_TYPE)

    @home.get(page.STYLE_PATH, provide_automatic_options=False)
    def style() -> Response:
        return Response(page.STYLE, content_type="text/css; charset=utf-8")

    return home
