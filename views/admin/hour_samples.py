"""Random samples of a list: the page that draws one, and the words that name it among the filters."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, g, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired

from models.access import Permission
from models.base import db
from models.credits import audit_samples, audits
from models.credits.audit_samples import AuditSample, Size
from models.errors import N_, DomainError, Invalid
from models.transaction import unit_of_work
from views.admin import selection
from views.admin.actions import Listing, PageAction
from views.admin.batch import BatchPages
from views.admin.filters import asked
from views.admin.state import ListState
from views.forms import PlainForm
from views.redirects import own_or, redirect_own
from views.words import local_time, say


def samples() -> Sequence[AuditSample]:
    if "ce_audit_samples" not in g:
        g.ce_audit_samples = audit_samples.recent(db.session())
    found: Sequence[AuditSample] = g.ce_audit_samples
    return found


def sample_words(sample: AuditSample) -> str:
    """Return what names a sample: when, how many of how many, by which seed."""
    return gettext(
        N_("%(time)s: %(n)s of %(total)s, seed %(seed)s"),
        time=local_time(sample.created_at),
        n=sample.n_drawn,
        total=sample.n_population,
        seed=sample.seed,
    )


class SampleForm(PlainForm):
    """How a sample is drawn."""

    unit = RadioField(
        _l("Size of the sample"),
        choices=[SelectChoice("%", _l("Percentage")), SelectChoice("n", _l("Number of records"))],
        default="%",
    )
    number = IntegerField(_l("How many"), validators=[InputRequired(_l("Please enter a whole number."))], default=5)
    seed = StringField(
        _l("Seed"),
        description=_l("Leave it empty for a seed by chance. The same seed draws the same records from the same list."),
        render_kw={"maxlength": audit_samples.SEED_LENGTH, "autocomplete": "off"},
    )


SAMPLE_ACTION = PageAction(
    "sample",
    N_("Draw a random sample"),
    url=lambda view: url_for(f"{view.endpoint}.sample"),
    icon="search",
    permission=Permission.HOURS_AUDIT,
    carries_list=True,
)


class SamplePages(BatchPages):
    """Mixed in before ScopedModelView, for a list of declarations."""

    @expose("/sample/", methods=("POST",))
    def sample(self) -> str:
        """Ask how many records of the filter are to be drawn."""
        self._require_audit()
        return self._ask_sample(SampleForm(formdata=None))

    @expose("/sample/draw", methods=("POST",))
    def sample_draw(self) -> str | Response:
        """Draw, and open the list narrowed to what was drawn."""
        self._require_audit()
        form = SampleForm()
        listing, state = self._posted_list()
        if not form.validate():
            return self._ask_sample(form)
        try:
            ids, about = self._population(listing, state), "; ".join(pill.words for pill in asked(listing.filters, state.values))
            size = Size(form.number.data or 0, is_percent=form.unit.data == "%")
            with unit_of_work() as session:
                sample = audit_samples.draw(session, self.actor, ids, size=size, seed=form.seed.data or "", about=about)
                sample_id, said = sample.id, sample_words(sample)
        except DomainError as refusal:
            form.show_error(refusal)
            return self._ask_sample(form)
        flash(gettext(N_("The sample was drawn; it stands among the filters of this list. %(sample)s"), sample=said), "success")
        return redirect_own(url_for(f"{self.endpoint}.index_view", tab=listing.name, f_sample=sample_id), "/")

    def _require_audit(self) -> None:
        if not self.may(Permission.HOURS_AUDIT):
            raise audits.not_an_auditor()

    def _population(self, listing: Listing, state: ListState) -> list[int]:
        if any(pill.error for pill in asked(listing.filters, state.values)):
            raise Invalid(N_("Please correct the marked fields."))
        ids = self.statement(listing, state).with_only_columns(listing.key, maintain_column_froms=True)
        found = self.work.scalars(ids.order_by(None).limit(selection.AT_MOST + 1)).all()
        if len(found) > selection.AT_MOST:
            raise Invalid(N_("At most %(n)s rows can be handled at once; please narrow the filter."), n=selection.AT_MOST)
        return list(found)

    def _ask_sample(self, form: SampleForm) -> str:
        listing, state = self._posted_list()
        try:
            total, error = len(self._population(listing, state)), ""
        except DomainError as refusal:
            total, error = 0, say(refusal)
        return self.render(
            "admin/sample.html",
            view=self,
            form=form,
            total=total,
            error=error,
            pills=asked(listing.filters, state.values),
            list_query=request.form.get("list", ""),
            back=own_or(request.form.get("url"), self.list_url()),
        )
