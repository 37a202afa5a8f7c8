"""The form of what an HR department demands of a year: hours, those of title levels, what is carried over and made up."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DecimalField, Field, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from models.base import to_tenths
from models.credits.carrying import Moving
from models.credits.counting import Needs
from models.credits.requirements import Demand
from models.credits.year_settings import MOST_TENTHS
from models.errors import N_, Invalid
from models.people.title_levels import TitleLevel
from views.forms import PlainForm
from views.words import plain_hours
from views.year_account import LEVELS, carried_kinds, figures_of

HOURS = NumberRange(0, MOST_TENTHS // 10, _l("Hours lie between 0 and 1000."))
NEEDED = InputRequired(_l("Please fill this in."))
LABELS = {
    "total": _l("Total hours required"),
    "public": _l("Public hours required"),
    "professional": _l("Professional hours required"),
}
AT_MOST = [SelectChoice(n, word) for n, word in enumerate((_l("1 year"), _l("2 years"), _l("3 years")), 1)]


class DemandForm(PlainForm):
    """What a year demands, in hours; the fields of a title level are ``<level>_<part>``, all three empty or none."""

    total = DecimalField(LABELS["total"], [NEEDED, HOURS], places=1)
    public = DecimalField(LABELS["public"], [NEEDED, HOURS], places=1)
    professional = DecimalField(LABELS["professional"], [NEEDED, HOURS], places=1)
    carry_years = SelectField(
        _l("Carry-over"),
        coerce=int,
        default=0,
        choices=[SelectChoice(0, _l("Hours are not carried over")), *AT_MOST],
        description=_l(
            "What a complete year has above its requirement goes to the next one; for so many years after the one that they were "
            "earned in hours may be carried over."
        ),
    )
    carries_public = BooleanField(_l("Carry over public hours"))
    carries_professional = BooleanField(_l("Carry over professional hours"))
    carry_most = DecimalField(
        _l("Carried over at most (hours)"), [Optional(), HOURS], places=1, description=_l("Of one year; empty: without limit.")
    )
    make_up_years = SelectField(
        _l("Make-up of this year"),
        coerce=int,
        default=0,
        choices=[SelectChoice(0, _l("Cannot be made up")), *AT_MOST],
        description=_l("So many years afterwards hours above their requirement complete this year first, if it is not complete."),
    )

    def level_fields(self) -> list[tuple[str, list[Field]]]:
        """Return the fields of each title level with its name's message id."""
        return [(word, [self[f"{level}_{part}"] for part in LABELS]) for level, word in LEVELS.items()]

    def fill(self, demand: Demand) -> None:
        """Show a stored demand."""
        for prefix, needs in (("", demand.base), *((f"{level}_", needs) for level, needs in demand.levels.items())):
            for part in LABELS:
                self[prefix + part].data = getattr(needs, f"{part}_tenths") / 10
        moving = demand.moving
        for name in ("carry_years", "carries_public", "carries_professional", "make_up_years"):
            self[name].data = getattr(moving, name)
        self["carry_most"].data = moving.carry_most_tenths / 10 if moving.carry_most_tenths else None

    def demand(self) -> Demand:
        """Return what was typed; raises Invalid for a title level filled in by half, and for a limit of nothing."""
        return Demand(self._needs(""), self._levels(), self._moving())

    def _levels(self) -> dict[TitleLevel, Needs]:
        found: dict[TitleLevel, Needs] = {}
        for level in LEVELS:
            n_filled = sum(self[f"{level}_{part}"].data is not None for part in LABELS)
            if n_filled == len(LABELS):
                found[level] = self._needs(f"{level}_")
            elif n_filled:
                raise Invalid(N_("Fill in all three figures of a title level, or none."))
        return found

    def _needs(self, prefix: str) -> Needs:
        return Needs(*(to_tenths(self[prefix + part].data) for part in LABELS))

    def _moving(self) -> Moving:
        most = self["carry_most"].data
        if most is not None and not to_tenths(most):  # stored, 0 says that there is no limit
            raise Invalid(N_("Carried over at most: at least 0.1 hours; empty means without limit."))
        return Moving(
            carry_years=self["carry_years"].data,
            carries_public=self["carries_public"].data,
            carries_professional=self["carries_professional"].data,
            carry_most_tenths=to_tenths(most) if most is not None else 0,
            make_up_years=self["make_up_years"].data,
        )


for _level in LEVELS:
    for _part, _label in LABELS.items():
        setattr(DemandForm, f"{_level}_{_part}", DecimalField(_label, [Optional(), HOURS], places=1))


def special_words(demand: Demand) -> list[str]:
    """Return in words what a demand says beside its usual figures."""
    said = [
        gettext(
            "%(level)s: %(total)s in total, %(public)s public, %(professional)s professional",
            **figures_of(level, needs),
        )
        for level, needs in demand.levels.items()
    ]
    moving = demand.moving
    if moving.carry_years:
        said.append(gettext("Carry-over: %(kinds)s, %(n)s years", kinds=carried_kinds(moving), n=moving.carry_years))
        if moving.carry_most_tenths:
            said.append(gettext("Carried over at most: %(hours)s hours a year", hours=plain_hours(moving.carry_most_tenths)))
    if moving.make_up_years:
        said.append(gettext("Make-up: within %(n)s years", n=moving.make_up_years))
    return said


def demand_form(demand: Demand, *, is_typed: bool) -> Any:
    """Return the form with what was typed, else with a stored demand."""
    form = DemandForm()
    if not is_typed:
        form.fill(demand)
    for part in LABELS:
        form[part].flags.required = True
    return form
