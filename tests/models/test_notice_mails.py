"""The mail beside a notice: who gets one, what it says, by which setting; ten thousand notices cost no decision."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import utcnow
from models.org.tables import OrganisationSetting
from models.outbox import Notice, OutboxMail, add_notices
from models.people.notice_mails import write_notice_mails
from models.people.tables import Account, Post, PostState
from models.transaction import unit_of_work
from tests.cast import Cast

pytestmark = pytest.mark.both_databases
SENTENCE = "The transfer to %(to)s was accepted."


def told(cast: Cast, name: str, **more: Any) -> dict[str, Any]:
    actor = cast.actors[name]
    return {
        "account_id": actor.account_id,
        "position_key": actor.position_key,
        "message_id": SENTENCE,
        "params": {"to": "单位"},
        **more,
    }


def write(system: Session, *notices: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    with unit_of_work(system):
        add_notices(system, notices)
    with unit_of_work(system):
        write_notice_mails(system)
    mails = [(m.to_address, m.message_id, m.params) for m in system.scalars(select(OutboxMail).order_by(OutboxMail.id))]
    system.rollback()
    return mails


@pytest.fixture
def on(cast: Cast, system: Session) -> None:
    """The county has set the mails."""
    with unit_of_work(system):
        county = cast.organisations["county"]
        system.add(OrganisationSetting(organisation_id=county.id, path=county.path, key="step_mail", value="on"))


@pytest.mark.usefixtures("on")
def test_who_is_told_in_the_site_gets_the_same_sentence_by_mail_once(cast: Cast, system: Session) -> None:
    expected = [(f"{name}@example.invalid", SENTENCE, {"to": "单位"}) for name in ("professional", "unit_clerk")]
    assert write(system, told(cast, "professional"), told(cast, "unit_clerk")) == expected
    assert write(system) == expected
    assert system.scalar(select(func.count()).where(Notice.is_mail_due)) == 0


def test_where_it_is_not_set_nobody_gets_one_nor_later_for_what_was_told_before(cast: Cast, system: Session, on: None) -> None:
    assert write(system, told(cast, "cousin"), told(cast, "cousin_clerk")) == []
    with unit_of_work(system):
        city = cast.organisations["city"]
        system.add(OrganisationSetting(organisation_id=city.id, path=city.path, key="step_mail", value="on"))
    assert write(system) == []
    assert [m[0] for m in write(system, told(cast, "cousin"))] == ["cousin@example.invalid"]


@pytest.mark.usefixtures("on")
def test_no_mail_to_nobody(cast: Cast, system: Session) -> None:
    with unit_of_work(system):
        system.get_one(Account, cast.accounts["professional"].id).email = ""
        system.get_one(Account, cast.accounts["colleague"].id).active = False
        system.get_one(Post, cast.posts["unit_clerk"].id).state = PostState.ENDED
    support = cast.support
    nobody = {"account_id": support.account_id, "position_key": support.position_key, "message_id": SENTENCE, "params": {}}
    names = ("professional", "colleague", "unit_clerk")
    assert write(system, *(told(cast, n) for n in names), nobody) == []
    with unit_of_work(system):
        add_notices(system, [told(cast, "neighbour")])
        system.flush()
        newest = select(Notice).order_by(Notice.id.desc()).limit(1)
        system.scalars(newest).one().read_at = utcnow()
    assert write(system) == []  # she has read it in the site


@pytest.mark.usefixtures("on")
def test_many_are_looked_at_in_chunks(cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.people.notice_mails.CHUNK", 3)
    with unit_of_work(system):
        add_notices(system, [told(cast, "professional", link=f"/{n}") for n in range(7)])
    written = []
    for _ in range(4):
        with unit_of_work(system):
            written.append(write_notice_mails(system))
    assert written == [3, 3, 1, 0]
