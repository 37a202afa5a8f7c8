"""The two closed lists: which named operation may look or write beyond the scope, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ANY = frozenset({"*"})


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What one named operation may touch beyond the scope: tables it reads, columns it writes."""

    reads: frozenset[str] = frozenset()
    writes: Mapping[str, frozenset[str]] | None = None

    def lets_write(self, table: str, columns: Iterable[str]) -> bool:
        """Say whether *columns* of *table* may be written by this operation."""
        allowed = (self.writes or {}).get(table, frozenset())
        return allowed == ANY or (bool(allowed) and set(columns) <= allowed)


_OF_PEOPLE = [
    "academic_titles",
    "attachments",
    "audits",
    "batch_applicants",
    "certificates",
    "decisions",
    "declarations",
    "education_records",
    "exemptions",
    "former_title_levels",
    "memberships",
    "name_tokens",
    "person_changes",
    "professionals",
    "qualifications",
    "review_levels",
    "reviews",
    "study_reminders",
    "year_moves",
    "year_postings",
    "year_summaries",
]
_OF_ORGANISATIONS = [
    "base_data",
    "audit_samples",
    "audit_sample_rows",
    "batch_files",
    "change_orders",
    "declaration_batches",
    "declaration_windows",
    "delegations",
    "departments",
    "imported_chunks",
    "learning_forms",
    "organisation_changes",
    "organisation_scans",
    "organisation_settings",
    "organisation_years",
    "person_merges",
    "posts",
    "professional_subjects",
    "public_subjects",
    "publications",
    "reminder_runs",
    "requirements",
    "roles",
    "rule_versions",
    "temporary_codes",
    "training_classes",
    "training_files",
    "training_plans",
    "unit_trainings",
    "yearly_reports",
]
"""The tables that carry a path; a test holds both lists against the mapped classes."""


def _operation(reads: str = "", **writes: str) -> Operation:
    return Operation(
        frozenset(reads.split()) | frozenset(writes),
        {t: ANY if c == "*" else frozenset(c.split()) for t, c in writes.items()},
    )


CROSS_SUBTREE: dict[str, Operation] = {
    # A visitor becomes a pending professional of an organisation that she chose.
    "register": _operation(
        "organisations posts departments",
        accounts="*",
        professionals="*",
        reviews="*",
        review_levels="*",
        education_records="*",
        qualifications="*",
        memberships="*",
        name_tokens="*",
    ),
    # A visitor's organisation waits below the superior that was chosen.
    "register_organisation": _operation(
        "roles",
        organisations="*",
        organisation_scans="*",
        organisation_drafts="*",
        posts="*",
        accounts="*",
        reviews="*",
        review_levels="*",
    ),
    # What the organisation lets through is written where the person's rows stand; put back, when it is rejected.
    "apply_title": _operation(
        professionals="title_series title_level title_qualification title_effective_on title_certificate_number "
        "title_appointed_on vocational_qualification vocational_level",
    ),
    # Whose title level changes keeps the one that her closed years follow.
    "keep_title_level": _operation("professionals", former_title_levels="*"),
    # The chain of a declaration names organisations above the person's own.
    "build_chain": _operation("organisations posts roles accounts delegations organisation_settings"),
    # A person's own submission writes into the review that others decide.
    "submit_own": _operation("organisations", reviews="*", review_levels="*", professionals="pending_count"),
    # The holder of an account accepts or declines a post that an organisation offered to it.
    "add_existing_account": _operation("organisations", posts="state"),
    # A person's own record carries the organisation she belongs to, and may name a training base.
    "declare": _operation("organisations"),
    # A record keeps the version of the rule that it was submitted on, also where its person moved away from it.
    "read_rule": _operation("rule_versions"),
    # Whether the same evidence proves another record: only "yes" leaves models.credits.key_review.
    "find_same_evidence": _operation("declarations attachments"),
    # An imported row learns whether its number has an account, and whether its holder is registered elsewhere.
    "import_people": _operation("professionals posts", accounts="*"),
    # Two profiles of one person become one, or two again.
    "merge_people": _operation(
        **dict.fromkeys(
            [
                "academic_titles",
                "attachments",
                "audits",
                "batch_applicants",
                "decisions",
                "declarations",
                "education_records",
                "grades",
                "person_changes",
                "qualifications",
                "review_levels",
                "transfers",
                "unit_participants",
                "year_postings",
            ],
            "person_id path",
        ),
        reviews="person_id path subject_account_id",
    ),
    # An import is undone: whom it created, and nobody has used since, goes again.
    "undo_import": _operation("posts", accounts="*", professionals="*", memberships="*", name_tokens="*"),
    # Of an imported unit or administrator that nobody has used, only the account may lie beyond the scope.
    "undo_appointment": _operation(accounts="*", notices="*"),
    # An open step goes on where somebody can decide it; the chain names organisations above the actor's own.
    "reroute": _operation(
        "organisations posts roles accounts delegations",
        reviews="level n_levels deciding_organisation_id in_place_of_id state",
        review_levels="*",
    ),
    # Whoever starts a transfer names an organisation beyond the own subtree, and is told what stands in its way.
    "start_transfer": _operation("organisations posts"),
    # The receiving side takes the person over, with everything of hers; posts at the old side end.
    "take_over_person": _operation(
        "organisations departments",
        **dict.fromkeys(_OF_PEOPLE, "path")
        | {
            "professionals": "path organisation_id organisation_name department_id",
            "memberships": "*",
            "grades": "path",
            "unit_participants": "path",
            "posts": "state",
            "superior_changes": "path",
            "transfers": "path",
        },
    ),
    # A whole subtree goes below another superior: the path of every row in it changes, and nothing else.
    "move_subtree": _operation(
        **dict.fromkeys([*_OF_PEOPLE, *_OF_ORGANISATIONS], "path")
        | dict.fromkeys(["grades", "superior_changes", "transfers", "unit_participants"], "path from_path to_path")
        | {"organisations": "path parent_id"}
    ),
    # One organisation takes another over: its posts, roles and departments, and what waits for its word.
    "merge_organisations": _operation(
        organisations="merged_into_id",
        posts="organisation_id path",
        roles="organisation_id path name",
        departments="organisation_id path",
        reviews="path",
        review_levels="path",
        decisions="path",
        base_data="organisation_id path",
        grades="from_path",
        professional_subjects="organisation_id path name",
        training_classes="organisation_id path",
        training_files="organisation_id path",
        training_plans="organisation_id path",
        unit_participants="from_path",
        unit_trainings="organisation_id path",
        yearly_reports="organisation_id path",
    ),
    # What a split-off organisation was to its people, the old one has been all the time, once the split is undone.
    "split_organisation": _operation(memberships="member_of_id"),
    # A base writes down what a person of any unit reached; who she is was read by the exact number alone.
    "add_grade": _operation("professionals", grades="*"),
    # A base declares for people of any unit: the record stands where the person stands, and waits for her chain.
    "submit_grades": _operation(
        "organisations professionals posts roles accounts delegations organisation_settings transfers attachments "
        "learning_forms rule_versions declaration_windows",
        declarations="*",
        reviews="*",
        review_levels="*",
        professionals="pending_count",
    ),
    # One decision on a unit's training credits its participants, wherever they stand by now.
    "grant_unit_hours": _operation(
        "professionals organisations rule_versions learning_forms audits certificates",
        declarations="*",
        unit_participants="declaration_id",
    ),
    # A unit names its own people; what it handed in stays in its sight when they have moved on.
    "name_participants": _operation("professionals", unit_participants="*"),
    "decide_in_place": _operation("organisations posts roles accounts review_levels"),
}
SYSTEM_WRITES: dict[str, Operation] = {
    "create_account": _operation(accounts="*"),
    "set_password": _operation(
        accounts="password_hash first_password first_password_until must_change password_changed_at fs_uniquifier"
    ),
    "set_contact": _operation(accounts="phone email name"),
    "login_failures": _operation(login_failures="*"),
    "end_sessions": _operation(web_sessions="ended_at"),
    "enqueue_job": _operation(jobs="*"),
    "add_outbox": _operation(outbox_mails="*"),
    "add_notice": _operation("accounts organisations posts professionals", notices="*"),
    "record_history": _operation(history_entries="*"),
    "read_history": _operation("history_entries history_batches history_days"),
    "correct_name": _operation(accounts="name", professionals="name", posts="name", name_tokens="*"),
    "read_accounts": _operation("accounts login_failures web_sessions"),
    # Whoever resets a password must not come by a position that lies beyond the own one.
    "read_positions": _operation("accounts posts professionals"),
    "name_tokens": _operation(name_tokens="*"),
    "recount_year": _operation(
        "declarations exemptions former_title_levels learning_forms rule_versions requirements memberships organisations "
        "organisation_years professionals",
        year_moves="*",
        year_summaries="*",
        year_postings="*",
        declarations="counted_tenths counted_public_tenths counted_professional_tenths",
    ),
    # What a year demands may be set above the subtree, and a closed year follows an organisation that may stand elsewhere now.
    "read_needs": _operation("former_title_levels memberships organisations organisation_years professionals requirements"),
    "recount_organisation": _operation("organisations", organisation_years="*", organisation_counters="*"),
    "next_certificate_number": _operation("organisations", certificate_series="*", certificates="*"),
}
