"""Files on their way out, by a random key: attachments to whoever may see the record they prove, files of tasks to their owner."""

from __future__ import annotations

from itertools import chain
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound as Missing

from models import files, storage
from models.access import Permission
from models.base import db
from models.credits import batches, rule_versions
from models.errors import NotFound
from models.reviews import organisation_registrations
from models.training import attachments
from models.transaction import unit_of_work
from views.actor import required_actor
from views.downloads import handed_out

blueprint = Blueprint("files", __name__, url_prefix="/files")
_OF_TRAINING = (Permission.TRAINING_MANAGE, Permission.TRAINING_REVIEW, Permission.HOURS_REVIEW)
_MAY_READ = (Permission.PORTAL, Permission.HOURS_VIEW, Permission.HOURS_REVIEW, Permission.HOURS_DECLARE)


@blueprint.get("/jobs/<key>")
def job_file(key: str) -> Response:
    """Hand out a file of one's own task: rejected rows, an export."""
    required_actor()
    file = files.job_file(db.session(), key)
    if file.is_once:
        raise NotFound
    return _read(file) if file.pieces is None else _read_in_pieces(file)


@blueprint.post("/once/<key>")
def once(key: str) -> Response:
    """Hand out a file with one-time passwords and delete it: whoever loses it resets the passwords."""
    required_actor()
    try:
        with unit_of_work() as session:
            file, content = files.take(session, key)
    except FileNotFoundError:
        raise Missing from None
    return handed_out(content, name=file.original_name, media_type=file.media_type)


@blueprint.get("/scans/<key>")
def scan(key: str) -> Response:
    """Hand out the scan that an organisation of the scope showed when it registered."""
    required_actor(Permission.ORGANISATIONS_REVIEW)
    found = organisation_registrations.scan(db.session(), key)
    return _read(found)


@blueprint.get("/rules/<int:rule_version_id>")
def rule_document(rule_version_id: int) -> Response:
    """Hand out the regulation of a rule that holds for the reader's place, of a draft to the department that wrote it."""
    actor = required_actor()
    name, key = rule_versions.document(db.session(), actor, rule_version_id)
    try:
        content = storage.read(key)
    except FileNotFoundError:
        raise Missing from None
    return handed_out(content, name=name, media_type=rule_versions.PDF)


@blueprint.get("/training/<key>")
def training(key: str) -> Response:
    """Hand out an attachment of a plan or a report: to its own unit, and to whoever reviews it."""
    actor = required_actor()
    if not any(actor.can(permission) for permission in _OF_TRAINING):
        raise NotFound
    found = attachments.found(db.session(), key)
    return _read(found)


@blueprint.get("/declared/<key>")
def of_batch(key: str) -> Response:
    """Hand out the evidence of a form for many, to units that declare."""
    required_actor(Permission.HOURS_DECLARE)
    return _read(batches.file(db.session(), key))


@blueprint.get("/<key>")
def download(key: str) -> Response:
    """Hand out an attachment of the scope."""
    actor = required_actor()
    if not any(actor.can(permission) for permission in _MAY_READ):
        raise NotFound
    attachment = files.attachment(db.session(), key)
    return _read(attachment)


def _read(file: Any) -> Response:
    try:
        content = files.read(file)
    except FileNotFoundError:
        raise Missing from None
    return handed_out(content, name=file.original_name, media_type=file.media_type)


def _read_in_pieces(file: files.JobFile) -> Response:
    """Hand out a file that is too large to stand in memory."""
    pieces = files.pieces_of(file)
    try:
        first = next(pieces, b"")  # whether the storage has it is known before the answer begins
    except FileNotFoundError:
        raise Missing from None
    response = handed_out(chain([first], pieces), name=file.original_name, media_type=file.media_type)
    response.content_length = file.n_bytes
    return response
