"""学员成绩管理: the classes of the own base with what became of their grades, and where grades are entered, imported and filed."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_admin import expose
from sqlalchemy import func, select

from models.errors import N_
from models.training import classes
from models.training.classes import TrainingClass
from models.training.grades import Grade, GradeState
from views.admin.screen import ScopedPage
from views.admin.training_classes import BASES, GROUP, MANAGE


@dataclass(slots=True)
class ClassFigures:
    """One class: how many learners, how many passed, and how many are in each state."""

    of: TrainingClass
    n_learners: int = 0
    n_passed: int = 0
    in_state: dict[str, int] = field(default_factory=lambda: {state.value: 0 for state in GradeState})


class GradeClasses(ScopedPage):
    """One row for each class, the newest first."""

    permission = MANAGE
    kinds = BASES
    name_id = N_("Learner score management")
    group_id = GROUP
    icon = "people"
    order = 42

    @expose("/")
    def index(self) -> str:
        """Show the classes; one statement counts all of their grades."""
        found = {c.id: ClassFigures(c) for c in classes.all_own(self.work, self.actor)}
        statement = (
            select(Grade.class_id, Grade.state, Grade.is_passed, func.count())
            .where(Grade.class_id.in_(list(found)))
            .group_by(Grade.class_id, Grade.state, Grade.is_passed)
        )
        for class_id, state, is_passed, n in self.work.execute(statement):
            figures = found[class_id]
            figures.n_learners += n
            figures.n_passed += n if is_passed else 0
            figures.in_state[state] += n
        return self.render("admin/grade_classes.html", view=self, classes=list(found.values()))
