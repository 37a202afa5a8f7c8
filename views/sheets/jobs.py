"""The jobs of sheets: imports here, exports beside them; each is registered by importing this module."""

from __future__ import annotations

from typing import Any

from models import jobs
from models.jobs import Run
from models.people.imports import PeopleImport
from views.sheets.importing import run_import
from views.sheets.people import people_sheet

IMPORT_PEOPLE = "import_people"


@jobs.handler(IMPORT_PEOPLE)
def import_people(run: Run) -> dict[str, Any]:
    """Import people, or check them only."""
    return run_import(run, people_sheet(run.actor), PeopleImport(run.actor))
