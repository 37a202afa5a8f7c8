"""The home page: login window, registration, verification, answers to common questions."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import gettext

from models.errors import N_
from models.org.publications import PublicationKind, public
from views.actor import current_actor
from views.public.demo import demo_accounts
from views.public.login import LoginForm, start_page

blueprint = Blueprint("home", __name__)

REGISTRATIONS: tuple[tuple[str, str], ...] = (
    ("register.professional", N_("Registration of professionals")),
    ("register.employer", N_("Registration of employers")),
    ("register.competent_department", N_("Registration of competent departments")),
    ("register.training_base", N_("Registration of training bases")),
    ("register.hr_department", N_("Registration of district and county HR departments")),
)
"""Shown where the page exists."""
VERIFICATION = "verify.index"
FEW = 5
"""Files that the home page lists; the download centre has all."""


@blueprint.get("/")
def index() -> str:
    """Show the home page."""
    actor = current_actor()
    return render_template(
        "public/home.html",
        form=None if actor else LoginForm(),
        start=start_page(actor.kind) if actor else "",
        registrations=registrations(),
        verification=url_for(VERIFICATION) if VERIFICATION in current_app.view_functions else "",
        demo=demo_accounts(),
        announcements=public(PublicationKind.ANNOUNCEMENT),
        downloads=public(PublicationKind.DOWNLOAD, limit=FEW),
    )


def registrations() -> list[tuple[str, str]]:
    """Return address and words of the registrations that exist."""
    return [(url_for(name), gettext(word)) for name, word in REGISTRATIONS if name in current_app.view_functions]
