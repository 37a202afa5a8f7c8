"""The administration as a whole: every screen is registered here, and none without a permission."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin

from models.credits.exemptions import Exemption
from models.credits.tables import Declaration, YearSummary
from models.jobs import Job
from models.org.publications import Publication
from models.org.tables import ChangeOrder, Department, Organisation
from models.org.temporary_codes import TemporaryCode
from models.people.delegations import Delegation
from models.people.tables import Post, Professional, Role
from models.people.transfers import Transfer
from models.reviews.tables import Review
from models.training.classes import TrainingClass
from models.training.grades import Grade
from models.training.plans import TrainingPlan
from models.training.public_subjects import PublicSubject
from models.training.reports import YearlyReport
from models.training.subjects import ProfessionalSubject
from models.training.unit_hours import UnitTraining
from views.admin import certificate_jobs, export_jobs, menu, rule_trials
from views.admin.administrators import AdministratorsView
from views.admin.applicant_import import ApplicantsImportPage
from views.admin.base import THEME, ScopedModelView, add_views
from views.admin.base_data import BaseDataPage
from views.admin.base_hours import BaseHoursView
from views.admin.change_orders import ChangeOrdersView
from views.admin.declare_people import DeclarePeople
from views.admin.declared_for import DeclaredForView
from views.admin.declaring import DeclareForMany
from views.admin.delegations import DelegationsView
from views.admin.departments import DepartmentsView
from views.admin.exemptions import ExemptionsView
from views.admin.grade_classes import GradeClasses
from views.admin.grades import GradeEntry, GradesView
from views.admin.home import HomePage
from views.admin.hour_audits import HourAuditsView
from views.admin.hours import HoursView
from views.admin.imports import (
    AdministratorsImportPage,
    DepartmentsImportPage,
    GradesImportPage,
    OrganisationsImportPage,
    ParticipantsImportPage,
    PeopleImportPage,
)
from views.admin.jobs import JobView
from views.admin.learning_forms import LearningForms
from views.admin.learning_record import LearningRecord
from views.admin.organisation_changes import OrganisationChangesView
from views.admin.organisation_reviews import (
    CompetentDepartmentReviews,
    EmployerReviews,
    HrDepartmentReviews,
    TrainingBaseReviews,
)
from views.admin.organisations import OrganisationsView
from views.admin.own_account import OwnAccount
from views.admin.own_organisation import OwnOrganisation
from views.admin.people import PeopleView
from views.admin.person_changes import PersonChangesView
from views.admin.pickers import Pickers
from views.admin.publications import PublicationsView
from views.admin.registrations import RegistrationsView
from views.admin.roles import RolesView
from views.admin.screen import ScopedPage
from views.admin.settings import SettingsPage
from views.admin.superior_changes import SuperiorChangesView
from views.admin.temporary_codes import TemporaryCodesView
from views.admin.training_classes import TrainingClassesView
from views.admin.training_plans import TrainingPlansView, UnitPlansView
from views.admin.training_reviews import TrainingPlanReviews, UnitPlanReviews, YearlyPlanReviews, YearlyReportReviews
from views.admin.training_subjects import PublicSubjectsView, SubjectsView
from views.admin.transfer_out import TransferOut
from views.admin.transfers import TransferLogView, TransfersInView, TransfersOutView
from views.admin.unfinished import UnfinishedView
from views.admin.unit_hours import UnitHoursView
from views.admin.unit_hours_reviews import UnitHoursReviews
from views.admin.year_certificate import YearCertificate
from views.admin.year_records import CertificatesView, LearningRecordsView
from views.admin.year_requirements import YearRequirementsPage
from views.admin.yearly_reports import YearlyReportsView

ADDRESS = "/admin"


def screens() -> list[ScopedModelView | ScopedPage]:
    """Return the screens of one application; their place in the menu is their ``group_id`` and ``order``."""
    return [
        OrganisationsView(Organisation, endpoint="organisations", url="organisations"),
        ChangeOrdersView(ChangeOrder, endpoint="change_orders", url="change-orders"),
        TemporaryCodesView(TemporaryCode, endpoint="temporary_codes", url="temporary-codes"),
        SettingsPage(endpoint="settings", url="settings"),
        LearningForms(endpoint="learning_forms", url="learning-forms"),
        YearRequirementsPage(endpoint="year_requirements", url="year-requirements"),
        DepartmentsView(Department, endpoint="departments", url="departments"),
        AdministratorsView(Post, endpoint="administrators", url="administrators"),
        DelegationsView(Delegation, endpoint="delegations", url="delegations"),
        RolesView(Role, endpoint="roles", url="roles"),
        PublicationsView(Publication, endpoint="publications", url="publications"),
        OwnAccount(endpoint="own_account", url="own-account"),
        OwnOrganisation(endpoint="own_organisation", url="own-organisation"),
        PersonChangesView(Review, endpoint="person_changes", url="person-changes"),
        OrganisationChangesView(Review, endpoint="organisation_changes", url="organisation-changes"),
        HrDepartmentReviews(Review, endpoint="hr_department_reviews", url="hr-department-reviews"),
        CompetentDepartmentReviews(Review, endpoint="competent_department_reviews", url="competent-department-reviews"),
        EmployerReviews(Review, endpoint="employer_reviews", url="employer-reviews"),
        TrainingBaseReviews(Review, endpoint="training_base_reviews", url="training-base-reviews"),
        RegistrationsView(Review, endpoint="registrations", url="registrations"),
        DeclareForMany(endpoint="declare_for", url="declare-for"),
        DeclarePeople(Professional, endpoint="declare_people", url="declare-people"),
        ApplicantsImportPage(endpoint="applicants_import", url="applicants-import"),
        DeclaredForView(Declaration, endpoint="declared_for", url="declared-for"),
        HoursView(Review, endpoint="hours", url="hours"),
        HourAuditsView(Declaration, endpoint="hour_audits", url="hour-audits"),
        UnitPlanReviews(Review, endpoint="unit_plan_reviews", url="unit-plan-reviews"),
        TrainingPlanReviews(Review, endpoint="training_plan_reviews", url="training-plan-reviews"),
        YearlyPlanReviews(Review, endpoint="yearly_plan_reviews", url="yearly-plan-reviews"),
        YearlyReportReviews(Review, endpoint="yearly_report_reviews", url="yearly-report-reviews"),
        *_of_training(),
        TransfersInView(Review, endpoint="transfers_in", url="transfers-in"),
        TransferOut(endpoint="transfer_out", url="transfer-out"),
        TransfersOutView(Review, endpoint="transfers_out", url="transfers-out"),
        TransferLogView(Transfer, endpoint="transfer_log", url="transfer-log"),
        SuperiorChangesView(Review, endpoint="superior_changes", url="superior-changes"),
        PeopleView(Professional, endpoint="people", url="people"),
        PeopleImportPage(endpoint="people_import", url="people-import"),
        AdministratorsImportPage(endpoint="administrators_import", url="administrators-import"),
        DepartmentsImportPage(endpoint="departments_import", url="departments-import"),
        OrganisationsImportPage(endpoint="organisations_import", url="organisations-import"),
        UnfinishedView(Professional, endpoint="unfinished", url="unfinished"),
        ExemptionsView(Exemption, endpoint="exemptions", url="exemptions"),
        LearningRecord(endpoint="learning_record", url="learning-record"),
        LearningRecordsView(YearSummary, endpoint="learning_records", url="learning-records"),
        CertificatesView(YearSummary, endpoint="certificates", url="certificates"),
        YearCertificate(endpoint="year_certificate", url="year-certificate"),
        Pickers(endpoint="choices", url="choices"),
        JobView(Job, endpoint="jobs", url="jobs"),
    ]


def _of_training() -> list[ScopedModelView | ScopedPage]:
    """Return the screens of bases, of units that train their own people, and of those who review their hours."""
    return [
        PublicSubjectsView(PublicSubject, endpoint="public_subjects", url="public-subjects"),
        BaseDataPage(endpoint="base_data", url="base-data"),
        TrainingPlansView(TrainingPlan, endpoint="training_plans", url="training-plans"),
        SubjectsView(ProfessionalSubject, endpoint="subjects", url="subjects"),
        YearlyReportsView(YearlyReport, endpoint="yearly_reports", url="yearly-reports"),
        UnitPlansView(TrainingPlan, endpoint="unit_plans", url="unit-plans"),
        UnitHoursView(UnitTraining, endpoint="unit_hours", url="unit-hours"),
        ParticipantsImportPage(endpoint="participants_import", url="participants-import"),
        UnitHoursReviews(Review, endpoint="unit_hours_reviews", url="unit-hours-reviews"),
        BaseHoursView(Review, endpoint="base_hours", url="base-hours"),
        TrainingClassesView(TrainingClass, endpoint="training_classes", url="training-classes"),
        GradeClasses(endpoint="grade_classes", url="grade-classes"),
        GradeEntry(endpoint="grade_entry", url="grade-entry"),
        GradesImportPage(endpoint="grades_import", url="grades-import"),
        GradesView(Grade, endpoint="grades", url="grades"),
    ]


def install(app: Flask) -> Admin:
    """Register the administration; raises UndeclaredPermission for a screen that nobody guarded."""
    certificate_jobs.install()
    export_jobs.install()
    rule_trials.install()
    admin = Admin(app, index_view=HomePage(endpoint="admin", url=ADDRESS), theme=THEME)
    add_views(admin, *screens())
    menu.install(app, admin)
    return admin
