"""The jobs that import a sheet; each kind is registered by importing this module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext

from models import files, import_batches, jobs
from models.base import today
from models.credits.applicant_imports import ApplicantsImport
from models.errors import N_
from models.jobs import Run
from models.org.department_imports import DepartmentsImport
from models.people.administrator_imports import AdministratorsImport
from models.people.administrator_rows import OneTimePasswords
from models.people.import_updates import Mode
from models.people.imports import PeopleImport
from models.people.organisation_imports import OrganisationsImport
from models.training.grade_imports import GradesImport
from models.training.participant_imports import ParticipantsImport
from views.sheets.administrators import administrators_sheet, offering
from views.sheets.applicants import applicants_sheet
from views.sheets.departments import departments_sheet
from views.sheets.importing import run_import
from views.sheets.one_time import one_time_sheet
from views.sheets.organisations import organisations_sheet
from views.sheets.people import people_sheet
from views.sheets.training import grades_sheet, participants_sheet
from views.sheets.workbook import XLSX

IMPORT_PEOPLE = "import_people"
IMPORT_ORGANISATIONS = "import_organisations"
IMPORT_DEPARTMENTS = "import_departments"
IMPORT_ADMINISTRATORS = "import_administrators"
IMPORT_GRADES = "import_grades"
IMPORT_PARTICIPANTS = "import_participants"
IMPORT_APPLICANTS = "import_applicants"
UNDO_IMPORT = "undo_import"
MOST_KEPT = 200
"""So many of those who stay are named."""


@jobs.handler(IMPORT_PEOPLE)
def import_people(run: Run) -> dict[str, Any]:
    """Import people, or check them only."""
    mode = Mode(run.job.params.get("mode", Mode.NEW))
    return run_import(run, people_sheet(run.actor), PeopleImport(run.actor, mode, job_id=run.job.id))


@jobs.handler(IMPORT_DEPARTMENTS)
def import_departments(run: Run) -> dict[str, Any]:
    """Import internal departments, or check them only."""
    return run_import(run, departments_sheet(run.actor), DepartmentsImport(run.actor, job_id=run.job.id))


@jobs.handler(IMPORT_GRADES)
def import_grades(run: Run) -> dict[str, Any]:
    """Import grades of the class that was chosen, or check them only."""
    return run_import(run, grades_sheet(run.actor), GradesImport(run.actor, _target(run), job_id=run.job.id))


@jobs.handler(IMPORT_PARTICIPANTS)
def import_participants(run: Run) -> dict[str, Any]:
    """Import participants of the training that was chosen, or check them only."""
    return run_import(run, participants_sheet(run.actor), ParticipantsImport(run.actor, _target(run), job_id=run.job.id))


@jobs.handler(IMPORT_APPLICANTS)
def import_applicants(run: Run) -> dict[str, Any]:
    """Import applicants of the form that was chosen, or check them only."""
    return run_import(run, applicants_sheet(run.actor), ApplicantsImport(run.actor, _target(run), job_id=run.job.id))


def _target(run: Run) -> int:
    return int(run.job.params["target"])


@jobs.handler(UNDO_IMPORT)
def undo_import(run: Run) -> dict[str, Any]:
    """Undo an import chunk by chunk, whatever its sheet; each is one transaction with the counts so far."""
    done = dict(run.job.cursor) or {"removed": 0, "restored": 0, "n_kept": 0, "kept": []}
    with run.reading() as session:
        chunks = import_batches.open_chunks(session, int(run.job.params["job"]))
    for n, chunk_id in enumerate(chunks, start=1):
        undone = import_batches.undo_chunk(run.session, run.actor, chunk_id)
        done["removed"] += undone.n_removed
        done["restored"] += undone.n_restored
        done["n_kept"] += len(undone.kept)
        done["kept"] = [*done["kept"], *([name, reason] for name, reason in undone.kept)][:MOST_KEPT]
        run.commit(cursor=dict(done), n_done=n, n_total=len(chunks))
    return done


@jobs.handler(IMPORT_ORGANISATIONS)
def import_organisations(run: Run) -> dict[str, Any]:
    """Import organisations with their first administrators, or check them only."""
    importer = OrganisationsImport(run.actor, job_id=run.job.id)
    return run_import(run, organisations_sheet(run.actor), importer, at_the_end=_keeper(importer))


@jobs.handler(IMPORT_ADMINISTRATORS)
def import_administrators(run: Run) -> dict[str, Any]:
    """Import administrators, or check them only."""
    importer = AdministratorsImport(run.actor, job_id=run.job.id)
    with run.reading() as session:
        sheet = offering(session, administrators_sheet(run.actor))
    return run_import(run, sheet, importer, at_the_end=_keeper(importer))


def _keeper(importer: OneTimePasswords) -> Callable[[Run], dict[str, Any]]:
    """Return what keeps the sheet of an import's one-time passwords at its end."""

    def keep_passwords(run: Run) -> dict[str, Any]:
        rows = importer.one_time_passwords()
        if not rows:
            return {}
        name = gettext(N_("One-time passwords - %(day)s.xlsx"), day=f"{today():%Y%m%d}")
        file = files.keep_for_job(run.session, run.actor, name=name, media_type=XLSX, content=one_time_sheet(rows), is_once=True)
        return {"once_file": file.key, "n_once": len(rows)}

    return keep_passwords
