"""S148: the learning record of one person, her years, and the print of the certificate of a year that passed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select

from models.access import Permission
from models.credits import queries as credit_queries
from models.credits.tables import COUNTS, Declaration, YearSummary
from models.errors import N_, NotFound
from models.people import queries as people
from views.admin.screen import WITH_MEMBERS, ScopedPage
from views.arguments import read_id
from views.portal.words import SUBJECTS
from views.redirects import own_or
from views.words import words
from views.year_account import account_lines, demanded_by_year, level_words, move_words

MOST = 500


class LearningRecord(ScopedPage):
    """Opened from the list of people; what is shown is what was granted and stands."""

    permission = Permission.PEOPLE_VIEW
    kinds = WITH_MEMBERS
    name_id = N_("Learning record")
    group_id = N_("Queries and statistics")
    in_menu = False

    @expose("/")
    def index(self) -> str:
        """Show the years with their result, and the records of one year or of all."""
        person_id = read_id(request.args.get("id"))
        if person_id is None:
            raise NotFound
        person = people.person(self.work, person_id)
        summaries = credit_queries.year_summaries_of(self.work, person.id)
        demanded = demanded_by_year(self.work, person, summaries)
        years = [s.year for s in summaries]
        asked = request.args.get("year", "")
        year = int(asked) if asked in {str(y) for y in years} else None
        return self.render(
            "admin/learning_record.html",
            view=self,
            person=person,
            summaries=[(s, self._missing(s), level_words(demanded[s.year], is_own=False)) for s in summaries],
            summary=next((s for s in summaries if s.year == year), None),
            account=account_lines(self.work, person.id, year) if year else [],
            moves=move_words(self.work, person.id, year) if year else [],
            printable={s.year for s in summaries if credit_queries.earns_certificate(s)},
            years=years,
            year=year,
            records=self._records(person.id, year),
            subjects={k: gettext(w) for k, w in SUBJECTS.items()},
            most=MOST,
            back=own_or(request.args.get("url"), url_for("people.index_view")),
            may_prove=self.actor.can(Permission.HOURS_VIEW) or self.actor.can(Permission.HOURS_REVIEW),
            may_print=self.actor.can(Permission.CERTIFICATES_PRINT),
        )

    def _records(self, person_id: int, year: int | None) -> Sequence[Declaration]:
        statement = select(Declaration).where(Declaration.person_id == person_id, *COUNTS)
        if year is not None:
            statement = statement.where(Declaration.year == year)
        return self.work.scalars(
            statement.order_by(Declaration.year.desc(), Declaration.granted_at.desc(), Declaration.id.desc()).limit(MOST)
        ).all()

    @staticmethod
    def _missing(summary: YearSummary) -> list[str]:
        return [words(message_id, params) for message_id, params in credit_queries.year_needs(summary)]
