"""Attachments on their way out: by a random key, and only to whoever may see the record they prove."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound as Missing

from models import files
from models.access import Permission
from models.base import db
from models.errors import NotFound
from views.actor import required_actor
from views.downloads import handed_out

blueprint = Blueprint("files", __name__, url_prefix="/files")
_MAY_READ = (Permission.PORTAL, Permission.HOURS_VIEW, Permission.HOURS_REVIEW)


@blueprint.get("/<key>")
def download(key: str) -> Response:
    """Hand out an attachment of the scope."""
    actor = required_actor()
    if not any(actor.can(permission) for permission in _MAY_READ):
        raise NotFound
    attachment = files.attachment(db.session(), key)
    try:
        content = files.read(attachment)
    except FileNotFoundError:
        raise Missing from None
    return handed_out(content, name=attachment.original_name, media_type=attachment.media_type)
