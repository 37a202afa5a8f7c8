"""What HR departments have made public: announcements, the download centre, the user agreement."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from models import storage
from models.org import publications
from models.org.publications import PublicationKind
from views.downloads import handed_out

blueprint = Blueprint("public", __name__)


@blueprint.get("/announcements/<int:publication_id>")
def announcement(publication_id: int) -> str:
    """Show one announcement."""
    found = publications.public_one(publication_id)
    if found is None:
        abort(404)
    return render_template("public/announcement.html", found=found)


@blueprint.get("/downloads")
def downloads() -> str:
    """Show the download centre."""
    return render_template("public/downloads.html", files=publications.public(PublicationKind.DOWNLOAD, limit=200))


@blueprint.get("/downloads/<int:publication_id>")
def download(publication_id: int) -> Response:
    """Hand out a file of the download centre."""
    found = publications.public_file(publication_id)
    if found is None:
        abort(404)
    try:
        content = storage.read(found.key)
    except FileNotFoundError:
        abort(404)
    return handed_out(content, name=found.name, media_type=found.media_type)


@blueprint.get("/agreement")
def agreement() -> str:
    """Show the user agreement that holds now."""
    return render_template("public/agreement.html", agreement=present_agreement())


def present_agreement() -> publications.Shown | None:
    """Return the agreement that an HR department has published last; None while the platform's own one holds."""
    return next(iter(publications.public(PublicationKind.AGREEMENT, limit=1)), None)
