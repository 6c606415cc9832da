"""The one shape of our few public pages: a heading, paragraphs, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

CONTENT_TYPE = "text/html; charset=utf-8"
STYLE_PATH = "/style.css"
STYLE = """\
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1.125rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
pre { overflow-x: auto; white-space: pre-wrap; }
"""


def html(heading: str, paragraphs: Sequence[str]) -> str:
    """A whole HTML page. Texts are escaped; one of several lines keeps its line ends."""
    body = "\n".join(_paragraph(text) for text in paragraphs)
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(heading)}</title>
<link rel="stylesheet" href="{STYLE_PATH}">
</head>
<body>
<main>
<h1>{escape(heading)}</h1>
{body}
</main>
</body>
</html>
"""


def _paragraph(text: str) -> str:
    return f"<pre>{escape(text)}</pre>" if "\n" in text else f"<p>{escape(text)}</p>"
