"""A new data key: afterwards nothing needs the old one any more."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Text, select, type_coerce
from sqlalchemy.orm import Session

from models import crypto, files, saved
from models.access import Actor
from models.people.tables import Account
from models.reencryption import encrypted_columns, reencrypt_all
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.conftest import KEY

NEW = crypto.generate_key()


@pytest.fixture(autouse=True)
def _the_old_keys_again() -> Iterator[None]:
    yield
    crypto.configure(data_keys=[KEY], index_key=KEY, signing_keys=[KEY])


def test_every_encrypted_column_is_found(in_app: object) -> None:
    assert sorted(f"{column.class_.__name__}.{column.key}" for column in encrypted_columns()) == [
        "Account.number",
        "FilterState.values_json",
        "OrganisationDraft.values_json",
    ]


def test_after_a_rotation_the_old_key_may_go(system: Session, cast: Cast, session_of: Callable[[Actor], Session]) -> None:
    actor = cast.unit_clerk
    session = session_of(actor)
    with unit_of_work(session):
        key = saved.keep_filter(session, actor, "people", {"name": "张三"})
        file = files.keep_for_job(session, actor, name="名单.xlsx", media_type="x", content=b"rows")
        grown = files.begin_for_job(session, actor, name="证书.zip", media_type="x")
        for piece in (b"one", b"two"):
            files.append(session, grown, piece)
    numbers = dict(system.execute(select(Account.id, Account.number)).all())
    system.rollback()
    crypto.configure(data_keys=[NEW, KEY], index_key=KEY, signing_keys=[KEY])
    assert reencrypt_all(system) == (len(numbers) + 1, 3)
    assert reencrypt_all(system) == (0, 0)
    crypto.configure(data_keys=[NEW], index_key=KEY, signing_keys=[KEY])
    system.expire_all()
    assert dict(system.execute(select(Account.id, Account.number)).all()) == numbers
    tokens = system.scalars(select(type_coerce(Account.number, Text))).all()
    assert {token.split(".")[0] for token in tokens} == {crypto.key_id(crypto.parse_key(NEW))}
    session.expire_all()
    kept = saved.kept_filter(session, "people", key)
    assert kept is not None
    assert "张三" in kept.values_json
    assert files.read(files.job_file(session, file.key)) == b"rows"
    assert files.read(files.job_file(session, grown.key)) == b"onetwo"
