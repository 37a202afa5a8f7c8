"""The certificate of one person's year: print it, print the register, and issue it anew after a correction."""

from __future__ import annotations

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from models.access import Permission
from models.certificates import operations, queries
from models.certificates.tables import Certificate, CertificateState
from models.credits import queries as credit_queries
from models.credits.tables import YearSummary
from models.errors import N_, DomainError, NotFound
from models.people import queries as people
from models.transaction import unit_of_work
from views import states
from views.admin.screen import WITH_MEMBERS, ScopedPage
from views.arguments import read_id
from views.redirects import own_or, redirect_own
from views.words import say, words


class YearCertificate(ScopedPage):
    """Opened from the lists of years; nothing is issued before somebody prints."""

    permission = Permission.CERTIFICATES_PRINT
    kinds = WITH_MEMBERS
    name_id = N_("Yearly completion certificate")
    group_id = N_("Queries and statistics")
    in_menu = False

    @expose("/")
    def index(self) -> str:
        """Show what was completed, and the certificates of the year with their states."""
        return self._page(self._summary(request.args.get("id")))

    @expose("/replace/", methods=("POST",))
    def replace(self) -> str | Response:
        """Issue the certificate that the page named anew; it answers 已被替换 from now on, and a second click finds it so."""
        summary = self._summary(request.form.get("id"))
        reason = request.form.get("reason", "").strip()[:300]
        asked = read_id(request.form.get("certificate_id"))
        old = next((c for c in self._certificates(summary) if c.id == asked), None)
        if old is None:
            raise NotFound
        if not reason:
            return self._page(summary, error=gettext(N_("Please give a reason.")))
        try:
            with unit_of_work() as session:
                new = operations.replace(session, self.actor, old.id, reason=reason)
        except DomainError as refusal:
            return self._page(summary, error=say(refusal))
        sentence = N_('The certificate was issued anew with the number %(number)s; the number before answers "Replaced".')
        flash(gettext(sentence, number=new.number), "success")
        return redirect_own(url_for(".index", id=summary.id, url=self._back()), "/")

    def _summary(self, text: str | None) -> YearSummary:
        summary_id = read_id(text)
        found = self.work.scalars(select(YearSummary).where(YearSummary.id == summary_id)).first() if summary_id else None
        if found is None:
            raise NotFound
        return found

    def _certificates(self, summary: YearSummary) -> list[Certificate]:
        return [c for c in queries.certificates_of(self.work, summary.person_id) if c.year == summary.year]

    def _back(self) -> str:
        return own_or(request.values.get("url"), url_for("certificates.index_view"))

    def _page(self, summary: YearSummary, *, error: str = "") -> str:
        certificates = self._certificates(summary)
        return self.render(
            "admin/year_certificate.html",
            view=self,
            summary=summary,
            person=people.person(self.work, summary.person_id),
            missing=[words(message_id, params) for message_id, params in credit_queries.year_needs(summary)],
            certificates=[(c, *self._state(c)) for c in certificates],
            valid=next((c for c in certificates if c.state == CertificateState.VALID), None),
            reason=request.form.get("reason", ""),
            error=error,
            back=self._back(),
        )

    @staticmethod
    def _state(certificate: Certificate) -> tuple[str, str]:
        found = states.CERTIFICATE[certificate.state]
        return gettext(found.word), found.kind
