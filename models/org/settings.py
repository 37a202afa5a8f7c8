"""Settings of the HR departments, inherited down the tree unless set lower, with a default for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, PositionKind
from models.errors import N_, Invalid, NotAllowed
from models.org.tables import Organisation, OrganisationKind, OrganisationSetting


class SettingKey(StrEnum):
    """The settings that exist."""

    RESET_PASSWORD = "reset_password"  # noqa: S105 - how a first password is given: last_six or one_time
    UNIT_LEVEL = "unit_level"  # whether a registering organisation has to name its level
    TITLE_CHANGE = "title_change"  # whether a person's new title waits for the own organisation
    ORG_CHANGE = "org_change"  # whether a new name or code of an organisation waits for its superior
    TRANSFER_OUT_REVIEW = "transfer_out_review"  # whether the old side's HR department releases a person first
    SUPERIOR_CHANGE = "superior_change"  # who decides where an employer goes: its old and its new superior, or the new one
    REVIEW_DIGEST = "review_digest"  # how often reviewers get a mail about what waits
    AUDIT_BY = "audit_by"  # whether competent departments audit granted hours, too
    STEP_MAIL = "step_mail"  # whether what is told in the site goes out by mail, too
    REMINDERS = "reminders"  # how many days before the last day those who miss hours are reminded
    SCAN = "scan"  # whether it has to show the scan of its certificate


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting may hold."""

    default: str
    choices: tuple[str, ...]


SETTINGS: dict[SettingKey, Kind] = {
    SettingKey.RESET_PASSWORD: Kind("last_six", ("last_six", "one_time")),
    SettingKey.UNIT_LEVEL: Kind("required", ("required", "optional")),
    SettingKey.TITLE_CHANGE: Kind("approve_first", ("approve_first", "effective_at_once")),
    SettingKey.ORG_CHANGE: Kind("approve_first", ("approve_first", "effective_at_once")),
    SettingKey.TRANSFER_OUT_REVIEW: Kind("off", ("off", "on")),
    SettingKey.SUPERIOR_CHANGE: Kind("old_then_new", ("old_then_new", "new_only")),
    SettingKey.REVIEW_DIGEST: Kind("weekly", ("off", "weekly", "daily")),
    SettingKey.AUDIT_BY: Kind("hr", ("hr", "departments")),
    SettingKey.STEP_MAIL: Kind("off", ("off", "on")),
    SettingKey.REMINDERS: Kind("off", ("off", "d7", "d30_7", "d60_30_7")),
    SettingKey.SCAN: Kind("optional", ("required", "optional")),
}


def ancestors(path: str) -> list[str]:
    """Return the paths from the national default down to *path* itself."""
    ids = [part for part in path.split("/") if part]
    return ["/"] + ["/" + "/".join(ids[: n + 1]) + "/" for n in range(len(ids))]


def setting(session: Session, path: str, key: SettingKey) -> str:
    """Return the value that holds at *path*: the nearest one above it, else the default."""
    rows = session.scalars(
        select(OrganisationSetting).where(OrganisationSetting.key == key, OrganisationSetting.path.in_(ancestors(path)))
    )
    nearest = max(rows, key=lambda row: len(row.path), default=None)
    return nearest.value if nearest is not None else SETTINGS[key].default


def settings_at(session: Session, path: str) -> dict[SettingKey, str]:
    """Return the value of every setting that holds at *path*, all in one read."""
    rows = session.scalars(select(OrganisationSetting).where(OrganisationSetting.path.in_(ancestors(path)))).all()
    nearest = {row.key: row.value for row in sorted(rows, key=lambda row: len(row.path))}
    return {key: nearest.get(key, kind.default) for key, kind in SETTINGS.items()}


def own_settings(session: Session, path: str) -> set[SettingKey]:
    """Return the settings that are set at *path* itself."""
    rows = session.scalars(select(OrganisationSetting.key).where(OrganisationSetting.path == path))
    return {SettingKey(key) for key in rows if key in set(SettingKey)}


def set_setting(session: Session, actor: Actor, organisation: Organisation, key: SettingKey, value: str) -> None:
    """Set a value for an HR department and all below it; raises NotAllowed for another kind and Invalid for the value."""
    if organisation.kind != OrganisationKind.HR_DEPARTMENT or actor.kind is not PositionKind.HR_DEPARTMENT or not actor.is_super:
        raise NotAllowed(N_("Settings are those of an HR department; its super administrator changes them."))
    if value not in SETTINGS[key].choices:
        raise Invalid(N_("This is not one of the values of the setting."))
    row = session.scalars(
        select(OrganisationSetting).where(OrganisationSetting.key == key, OrganisationSetting.path == organisation.path)
    ).first()
    before = row.value if row is not None else None
    if row is None:
        row = OrganisationSetting(organisation_id=organisation.id, path=organisation.path, key=key)
        session.add(row)
    row.value = value
    session.flush()
    history.record(session, actor, "organisation", [organisation.id], "set_setting", changes={key: [before, value]})
