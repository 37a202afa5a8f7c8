"""Pages that a reader saves as one file: script and style stand inside, and their own policy lets them ask nobody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Response, current_app, render_template
from flask_babel import gettext
from markupsafe import Markup

from models.base import today
from views.downloads import content_disposition

STYLES = ("css/tokens.css", "css/offline-page.css")


def saved_page(template: str, *, name_id: str, scripts: Sequence[str], **context: Any) -> Response:
    """Return a template with these scripts as a download; *name_id* is the message id of the file's name."""
    script, style = _joined(scripts), _joined(STYLES)
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    page = render_template(
        template,
        script=Markup(script),  # noqa: S704 - a file of ours
        style=Markup(style),  # noqa: S704 - a file of ours
        policy=policy,
        saved_on=today().isoformat(),
        **context,
    )
    headers = {
        "Content-Security-Policy": policy,
        "Content-Disposition": content_disposition(f"{gettext(name_id)}.html", inline=False),
    }
    return Response(page, mimetype="text/html", headers=headers)


def _joined(names: Sequence[str]) -> str:
    folder = Path(str(current_app.static_folder))
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
