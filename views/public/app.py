"""The platform as an app of a phone's home screen: manifest, service worker and the page that is shown without a network."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, flash, jsonify, render_template, request, url_for
from flask_babel import gettext

from models.errors import N_
from views.actor import required_actor
from views.brand import SITE_NAME, SITE_SHORT_NAME, VERSION, asset

blueprint = Blueprint("app", __name__)

COLOUR = "#0b5cad"
ICONS = (
    ("img/app-192.png", "192x192", "any"),
    ("img/app-512.png", "512x512", "any"),
    ("img/app-maskable.png", "512x512", "maskable"),
)


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Return what a phone needs to put the platform on its home screen."""
    answer = jsonify(
        name=gettext(SITE_NAME),
        short_name=gettext(SITE_SHORT_NAME),
        start_url=url_for("home.index"),
        scope="/",
        display="standalone",
        background_color="#ffffff",
        theme_color=COLOUR,
        icons=[{"src": asset(name), "sizes": sizes, "type": "image/png", "purpose": purpose} for name, sizes, purpose in ICONS],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@blueprint.get("/service-worker.js")
def service_worker() -> Response:
    """Return the script that shows the offline page; it stands at the root, for its place is its reach."""
    script = Path(str(current_app.static_folder), "js", "service-worker.js").read_text(encoding="utf-8")
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@blueprint.get("/offline")
def offline() -> str:
    """Return the page that is shown without a network; nothing personal stands in it."""
    return render_template("public/offline.html")


@blueprint.get("/account")
def account() -> str:
    """S053 账户设置: who is logged in, the version in use and whether it is the newest, the password, the way out.

    A page is never kept by the browser, so what it names is what the server runs; ``from`` is what the reader saw before.
    """
    actor = required_actor()
    seen = request.args.get("from", "")
    if seen:
        is_newest = seen == VERSION
        sentence = (
            N_("This is the newest version.") if is_newest else N_("The platform has been renewed; you use the newest version.")
        )
        flash(gettext(sentence), "success")
    return render_template("public/account.html", actor=actor, version=VERSION)
