"""Why a declaration is marked 重点审核, and what is no reason."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import audits, declarations
from models.credits.tables import AuditState, Declaration
from models.reviews.tables import Verdict
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.conftest import picture

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Read = Callable[[int], Declaration]

OVERLAP = "The period overlaps with another record of the person: %(title)s, %(first)s to %(last)s."
NUMBER = "The certificate number has been used in another record."
FILE = "The evidence file %(name)s has been used in another record."
ALIKE = "The picture %(name)s looks like one of another record of the person: %(title)s."
MAY = {"start_date": "2026-05-04", "end_date": "2026-05-08"}
PATENT = {
    "patent_name": "一种水泵",
    "patent_no": "ZL 2026 1 0000001.X",
    "patent_type": "invention",
    "grant_date": "2026-04-01",
    "inventor_rank": "1",
}


def reasons(declaration: Declaration) -> list[str]:
    assert declaration.is_key_review == bool(declaration.key_reasons)
    return [r["message_id"] for r in declaration.key_reasons]


def test_an_ordinary_declaration_has_no_reason(cast: Cast, declare: Declare, stored: Read) -> None:
    assert reasons(stored(declare(cast.professional, submit=True))) == []


def test_more_hours_than_the_rule_gives(cast: Cast, declare: Declare, stored: Read) -> None:
    found = stored(declare(cast.professional, form="JZMS", subject="public", hours="50", days="5", submit=True))
    assert found.key_reasons == [
        {
            "message_id": "%(requested)s hours are declared, the rule gives %(proposed)s.",
            "params": {"requested": "50.0", "proposed": "40.0"},
        }
    ]


def test_hours_that_stand_on_paper_are_never_over_the_rule(cast: Cast, declare: Declare, stored: Read) -> None:
    found = stored(declare(cast.professional, hours="300", submit=True))
    assert (found.proposed_tenths, reasons(found)) == (None, [])


def test_overlapping_periods(cast: Cast, declare: Declare, stored: Read) -> None:
    declare(cast.professional, submit=True)
    found = stored(declare(cast.professional, start_date="2026-03-06", end_date="2026-03-09", submit=True))
    assert found.key_reasons == [
        {"message_id": OVERLAP, "params": {"title": "岗位培训班", "first": "2026-03-02", "last": "2026-03-06"}}
    ]


def test_drafts_rejected_records_and_other_people_do_not_overlap(
    cast: Cast, declare: Declare, decide: Callable[..., None], stored: Read
) -> None:
    declare(cast.professional)
    declare(cast.colleague, submit=True)
    decide(cast.unit_clerk, [declare(cast.professional, submit=True)], verdict=Verdict.REJECT, reason="重复")
    assert reasons(stored(declare(cast.professional, submit=True))) == []


def test_a_period_outside_the_year(cast: Cast, declare: Declare, stored: Read) -> None:
    found = stored(declare(cast.professional, start_date="2025-12-29", end_date="2026-01-05", submit=True))
    assert found.key_reasons == [
        {
            "message_id": "The period %(first)s to %(last)s is not wholly within %(year)s.",
            "params": {"first": "2025-12-29", "last": "2026-01-05", "year": "2026"},
        }
    ]


def test_the_same_certificate_number_however_it_is_written(cast: Cast, declare: Declare, stored: Read) -> None:
    declare(cast.foreigner, form="FMZL", hours="40", submit=True, **PATENT)
    other = {**PATENT, "patent_no": "zl202610000001.ｘ"}
    found = stored(declare(cast.professional, form="FMZL", hours="40", submit=True, **other))
    assert reasons(found) == [NUMBER]
    assert found.key_reasons[0]["params"] == {}


def test_the_same_file_on_another_persons_record(cast: Cast, declare: Declare, stored: Read) -> None:
    declare(cast.foreigner, submit=True, content=picture(9))
    found = stored(declare(cast.professional, submit=True, content=picture(9)))
    assert found.key_reasons == [{"message_id": FILE, "params": {"name": "证明.png"}}]


def test_the_same_file_on_another_persons_draft_is_no_reason(cast: Cast, declare: Declare, stored: Read) -> None:
    declare(cast.foreigner, content=picture(9))
    assert reasons(stored(declare(cast.professional, submit=True, content=picture(9)))) == []


def test_the_same_file_on_an_own_live_record(cast: Cast, declare: Declare, stored: Read) -> None:
    declare(cast.professional, submit=True, content=picture(9))
    assert reasons(stored(declare(cast.professional, submit=True, content=picture(9), **MAY))) == [FILE]


@pytest.mark.parametrize("how", ["withdrawn", "rejected"])
def test_the_file_of_an_own_withdrawn_or_rejected_record_may_be_used_again(
    cast: Cast, declare: Declare, decide: Callable[..., None], session_of: Open, stored: Read, how: str
) -> None:
    one = declare(cast.professional, submit=True, content=picture(9))
    if how == "rejected":
        decide(cast.unit_clerk, [one], verdict=Verdict.REJECT, reason="年度有误")
    else:
        session = session_of(cast.professional)
        with unit_of_work(session):
            declarations.withdraw(session, cast.professional, one)
    assert reasons(stored(declare(cast.professional, submit=True, content=picture(9)))) == []


def test_a_picture_that_was_saved_anew_is_noticed_among_the_own_records_only(cast: Cast, declare: Declare, stored: Read) -> None:
    original = picture(9, size=(64, 64))
    again = io.BytesIO()
    Image.open(io.BytesIO(original)).resize((128, 128), Image.Resampling.BICUBIC).save(again, "PNG")
    declare(cast.professional, submit=True, content=original)
    assert reasons(stored(declare(cast.colleague, submit=True, content=again.getvalue()))) == []
    found = stored(declare(cast.professional, submit=True, content=again.getvalue() + b" ", **MAY))
    assert reasons(found) == [ALIKE]


def test_a_class_that_a_base_has_posted_already(cast: Cast, declare: Declare, stored: Read, system: Session) -> None:
    posted = declare(cast.professional, submit=True, class_name="岗位 培训班（一）", **MAY)
    with unit_of_work(system):
        system.get_one(Declaration, posted).source = "base"
    found = stored(declare(cast.professional, submit=True, class_name="岗位培训班（一）"))
    assert found.key_reasons == [
        {
            "message_id": "The class %(title)s has been posted by a training base already.",
            "params": {"title": "岗位 培训班（一）"},
        }
    ]
    assert reasons(stored(declare(cast.colleague, submit=True, class_name="岗位培训班（一）"))) == []
    assert (
        reasons(
            stored(
                declare(
                    cast.professional, submit=True, class_name="岗位培训班（二）", start_date="2026-07-01", end_date="2026-07-02"
                )
            )
        )
        == []
    )


def test_the_file_of_a_record_that_failed_the_audit_may_be_used_again(
    cast: Cast, declare: Declare, approve: Callable[..., None], stored: Read, session_of: Open
) -> None:
    content = picture(77)
    failed = declare(cast.professional, submit=True, content=content)
    approve(failed)
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        audits.audit_many(session, cast.county_officer, [failed], verdict=AuditState.FAILED, reason="证明不足")
    again = declare(cast.professional, submit=True, content=content)
    assert reasons(stored(again)) == []
