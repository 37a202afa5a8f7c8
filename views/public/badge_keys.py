"""The public keys of the badges, as whoever checks one fetches them: all of them (JWKS), or one by its name."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from models.certificates import badges
from models.errors import NotFound
from views.limits import LOOKUPS, limiter

blueprint = Blueprint("badge_keys", __name__, url_prefix="/.well-known")


@blueprint.get("/jwks.json")
@limiter.limit(LOOKUPS)
def key_set() -> Response:
    """Answer with every public key."""
    return jsonify(keys=list(badges.public_key_set(current_app.config["CE_BASE_URL"]).values()))


@blueprint.get("/keys/<key_id>")
@limiter.limit(LOOKUPS)
def one_key(key_id: str) -> Response:
    """Answer with one public key: its address is the name that a badge gives for its key."""
    found = badges.public_key_set(current_app.config["CE_BASE_URL"]).get(key_id)
    if found is None:
        raise NotFound
    return jsonify(found)
