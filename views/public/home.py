"""The home page: login window, registration, verification, answers to common questions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import gettext

from models.access import PositionKind
from models.errors import N_
from views.actor import KIND_WORDS, current_actor
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
DEMO_FILE = "demo_accounts.json"  # written by the seed: a list of {"title", "number", "kind"}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One made-up account that the demo offers."""

    title: str
    number: str
    user_type: str


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
    )


def registrations() -> list[tuple[str, str]]:
    """Return address and words of the registrations that exist."""
    return [(url_for(name), gettext(word)) for name, word in REGISTRATIONS if name in current_app.view_functions]


def demo_accounts() -> list[DemoAccount]:
    """Return the made-up accounts, only where the data were seeded as demo."""
    path = Path(current_app.instance_path) / DEMO_FILE
    if not current_app.config["CE_DEMO"] or not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [DemoAccount(str(row["title"]), str(row["number"]), _user_type(str(row.get("kind", "")))) for row in rows]


def _user_type(kind: str) -> str:
    return gettext(KIND_WORDS[PositionKind(kind)]) if kind in set(PositionKind) else ""
