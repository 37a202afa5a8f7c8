"""S078 批量导入 of applicants: the list of one form that declares hours for many."""

from __future__ import annotations

from collections.abc import Sequence

from models.credits import batches
from models.errors import N_
from views.admin.declare_people import batch_words
from views.admin.declaring import DECLARE, GROUP
from views.admin.imports import ImportPage, failed_rows, outcome, title
from views.admin.jobs import JobWords, show_jobs_of
from views.admin.screen import WITH_MEMBERS
from views.sheets.applicants import applicants_sheet
from views.sheets.jobs import IMPORT_APPLICANTS


class ApplicantsImportPage(ImportPage):
    """申请人 by a sheet: people of the own unit and of those below."""

    permission = DECLARE
    kinds = WITH_MEMBERS
    name_id = N_("Batch import of applicants")
    group_id = GROUP
    icon = "upload"
    order = 28
    in_menu = False
    kind = IMPORT_APPLICANTS
    sheet = applicants_sheet
    hints = (
        N_("First download the template file, fill it in, then import it."),
        N_("Everybody gets one record with the values of the form; hours and score may differ from person to person."),
    )
    target_id = N_("Declaration")
    no_target_id = N_("There is no declaration that may still change; begin one first.")
    target_endpoint = "declare_for.edit"

    def targets(self) -> Sequence[tuple[str, str]]:
        """Offer the forms that are not submitted."""
        return [(str(b.id), batch_words(b)) for b in batches.unfinished(self.work, self.actor)]


show_jobs_of(IMPORT_APPLICANTS, JobWords(title, outcome, failed_rows))
