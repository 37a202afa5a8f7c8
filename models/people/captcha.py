"""Captchas that were answered: none is taken twice. Their pictures and sounds are the business of the views."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from models.base import utcnow
from models.people.tables import CaptchaUse
from models.scope import system_session
from models.transaction import unit_of_work

KEEP = dt.timedelta(days=1)  # longer than a captcha is valid


def use(key: str) -> bool:
    """Use up a captcha in a transaction of its own, whatever the answer; False when it was used before."""
    now = utcnow()
    try:
        with system_session() as session, unit_of_work(session):
            session.execute(
                delete(CaptchaUse).where(CaptchaUse.used_at < now - KEEP), execution_options={"synchronize_session": False}
            )
            session.add(CaptchaUse(key=key, used_at=now))
    except IntegrityError:
        return False
    return True
