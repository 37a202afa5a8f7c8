"""The order of the columns of each table's rows, and the order in which tables are written: what is referred to first."""

from __future__ import annotations

from models.credits.tables import Declaration, OrganisationYear, YearSummary
from models.org.tables import Department, Organisation
from models.people.tables import Account, Membership, NameToken, Post, Professional
from models.reviews.tables import Decision, Review, ReviewLevel

COLUMNS: dict[type, tuple[str, ...]] = {
    Organisation: (
        "id", "parent_id", "path", "kind", "state", "name", "code", "code_kind", "region_code", "nature", "unit_level", "industry", "phone",
        "address", "created_at",
    ),
    Department: ("id", "path", "organisation_id", "name", "phone"),
    Account: (
        "id", "document_type", "number", "number_hash", "number_masked", "name", "phone", "email", "password_hash", "first_password",
        "first_password_until", "must_change", "fs_uniquifier", "created_at",
    ),
    Post: ("id", "account_id", "organisation_id", "path", "name", "number_masked", "phone", "is_super", "state"),
    Professional: (
        "id", "path", "account_id", "organisation_id", "department_id", "organisation_name", "state", "document_type", "number_hash",
        "number_masked", "name", "sex", "birth_on", "ethnic_group", "phone", "email", "admin_post", "field_of_work", "education_level",
        "school", "field_of_study", "graduated_on", "degree", "title_series", "title_level", "title_qualification", "title_effective_on",
        "vocational_qualification", "certificate_control_number", "rejection_reason", "created_at",
    ),
    Membership: ("path", "person_id", "member_of_id", "from_on", "to_on"),
    Declaration: (
        "id", "path", "person_id", "organisation_id", "person_name", "organisation_name", "year", "subject", "form_code", "form_name",
        "rule_version_id", "title", "inputs", "starts_on", "ends_on", "requested_tenths", "proposed_tenths", "arithmetic",
        "granted_tenths", "counted_tenths", "counted_public_tenths", "counted_professional_tenths", "state", "audit_state",
        "is_key_review", "key_reasons", "source", "submitted_at", "granted_at", "created_at",
    ),
    Review: (
        "id", "path", "person_id", "kind", "subject_id", "state", "round", "level", "n_levels", "deciding_organisation_id",
        "submitted_at", "submitted_by_id", "subject_account_id", "decided_at",
    ),
    ReviewLevel: (
        "review_id", "round", "level", "path", "person_id", "deciding_organisation_id", "organisation_name", "organisation_phone", "state",
    ),
    Decision: (
        "path", "person_id", "review_id", "kind", "subject_id", "round", "level", "attempt", "verdict", "reason", "values",
        "by_organisation_id", "by_organisation_name", "account_id", "actor_name", "snapshot", "decided_at",
    ),
    YearSummary: (
        "path", "person_id", "year", "year_organisation_id", "public_tenths", "professional_tenths", "total_tenths",
        "required_public_tenths", "required_professional_tenths", "required_total_tenths", "is_passed",
    ),
    OrganisationYear: ("path", "organisation_id", "year", "n_learning", "n_passed"),
    NameToken: ("token", "path", "person_id"),
}
