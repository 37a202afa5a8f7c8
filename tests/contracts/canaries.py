"""A world in which every text of every row carries a canary of whom it belongs to, for every table there is.

Rows are made from the mapped columns themselves, so that a new table is covered the day it is mapped.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, String, Text, inspect
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, TypeDecorator

from models.base import Base, EncryptedText, UtcDateTime
from models.certificates.content import Content
from seed.reference import form_specs
from tests.cast import POSTS, TREE, Cast

PUBLIC = frozenset({("organisations", "name"), ("organisations", "code"), ("organisations", "phone"), ("departments", "name")})
"""What the public directory tells anyone, so that a registration or a transfer can choose it."""

# Values that a constraint or a rule fixes; everything else is made from the column's type.
FIXED: dict[str, dict[str, Any]] = {
    "professionals": {"sex": "female", "document_type": "111", "state": "active"},
    "posts": {"state": "active", "is_super": False, "is_inner": False},
    "roles": {"permissions": []},
    "reviews": {"kind": "declaration", "state": "open", "round": 1, "level": 1, "n_levels": 1, "attempt": 0},
    "review_levels": {"round": 1, "level": 1, "state": "open"},
    "decisions": {
        "kind": "registration",
        "round": 1,
        "level": 1,
        "attempt": 0,
        "verdict": "pass",
        "is_hidden": False,
        "undone_at": None,
        "values": None,
        "snapshot": None,
        "batch": None,
    },
    "declarations": {
        "year": 2026,
        "subject": "professional",
        "form_code": "QT",
        "state": "pending",
        "audit_state": "none",
        "requested_tenths": 100,
        "granted_tenths": None,
        "granted_at": None,
        "recalculated_tenths": None,
        "recalculated_version_id": None,
        "elective": "required",
        "source": "person",
        "declared_by_id": None,
        "inputs": {},
        "arithmetic": [],
        "key_reasons": [],
    },
    "audits": {"verdict": "failed"},
    "audit_samples": {"n_population": 5, "n_drawn": 1},
    "learning_forms": {"declaration_type": "other"},
    "rule_versions": {
        "form_code": "QT",
        "spec": next(f for f in form_specs() if f["code"] == "QT"),
        "version": 900,
        "from_year": 9000,
        "state": "published",
    },
    "declaration_windows": {"year": 1990},
    "requirements": {"year": 9000, "levels": {}}
    | dict.fromkeys(("carry_years", "carries_public", "carries_professional", "make_up_years"), 0),
    "former_title_levels": {"last_year": 2020},
    "year_moves": {"from_year": 2020, "to_year": 2021, "public_tenths": 0, "professional_tenths": 0},
    "exemptions": {"year": 2020, "kind": "leave", "months": 12, "ended_at": None},
    "study_reminders": {"year": 2026, "n_sent": 1, "days_ahead": None},
    "reminder_runs": {"year": 2020, "is_done": True, "last_path": "", "last_person_id": 0},
    "year_postings": {
        "year": 2026,
        "kind": "earned",
        "total_tenths": 10,
        "public_tenths": 0,
        "professional_tenths": 10,
        "declaration_id": None,
    },
    "year_summaries": {"year": 2026},
    "organisation_years": {"year": 2026},
    "certificates": {"year": 2026, "state": "valid", "content": {}},
    "attachments": {"subject_kind": "declaration", "media_type": "image/png", "stored_as": None},
    "declaration_batches": {"year": 2026, "subject": "professional", "elective": "required", "inputs": {}, "form_key": None},
    "batch_files": {"media_type": "image/png"},
    "organisation_changes": {"state": "passed", "before": {}, "after": {}},
    "person_changes": {"section": "title", "state": "passed", "before": {}, "after": {}},
    "organisation_scans": {"media_type": "image/png"},
    "qualifications": {"qualification": "VQ01"},
    "education_records": {"education_level": "20"},
    "jobs": {"kind": "none", "state": "done", "params": {}, "cursor": {}, "result": {}, "error": None},
    "transfers": {"state": "waiting_in", "is_by_person": False},
    "superior_changes": {"state": "waiting_in"},
    "person_merges": {"moved": {}, "undone_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC)},
    "imported_chunks": {"sheet": "people", "created": [], "updated": {}},
    "change_orders": {
        "kind": "move",
        "state": "undone",
        "before": {},
        "effect": {
            "n_organisations": 1,
            "n_people": 1,
            "n_reviews": 0,
            "n_losing": 0,
            "n_gaining": 0,
            "n_posts_ended": 0,
            "reroutes": [],
        },
    },
    "notices": {"params": {}, "is_mail_due": False},
    "training_plans": {
        "kind": "single",
        "subject": "professional",
        "public_subject_id": None,
        "professional_subject_id": None,
    },
    "training_classes": {"subject": "professional", "elective": "required", "pass_mark": 60},
    "grades": {"state": "waiting", "declaration_id": None, "is_passed": True, "score_tenths": 800, "year": 2026},
    "unit_trainings": {"state": "draft", "subject": "professional", "elective": "required", "n_people": 0},
    "unit_participants": {"declaration_id": None, "rule_version_id": None, "key_reasons": []},
    "training_files": {"subject_kind": "training_plan", "media_type": "image/png"},
    "publications": {"kind": "announcement", "state": "withdrawn", "published_at": None},
    "column_choices": {"columns": []},
}
BETWEEN = {
    # what is on the way from one side to the other, for each table of that kind: from, to, and whose it is
    "unit>cousin_unit": ("unit", "cousin_unit", "professional"),
    "sibling_unit>foreign_unit": ("sibling_unit", "foreign_unit", "neighbour"),
}
ON_THE_WAY = ("transfers", "superior_changes", "grades", "unit_participants")
OF_A_PERSON = ("transfers", "grades", "unit_participants")
IN_ADDRESSES = {"key", "number"}
"""Stand in addresses, which answers repeat: they name nobody."""
CODED = {
    "title_series",
    "title_level",
    "title_qualification",
    "ethnic_group",
    "admin_rank",
    "education_level",
    "degree",
    "field_of_study",
    "vocational_qualification",
    "region_code",
    "form_code",
    "nature",
    "unit_level",
    "industry",
    "title",
}


def canary(owner: str) -> str:
    """Return the words that must never reach a reader who may not see *owner*'s rows."""
    return f"CANARY-{owner}-X"


@dataclass
class World:
    """The cast with a row of every table for every organisation and person, and who may see which canary."""

    cast: Cast
    ids: dict[str, dict[str, int | str]] = field(default_factory=dict)  # table -> owner -> primary key
    n_made: int = 0

    def visible(self, actor_name: str) -> set[str]:
        """Return the owners whose canaries this reader may see, computed from the tree alone."""
        actor = self.cast.actors.get(actor_name)
        if actor is None:
            return set()
        own = {f"account:{actor_name}"}
        if actor_name == "support":
            return own | set(TREE) | {f"person:{p}" for p in self.cast.people} | {f"{t}:{w}" for t in ON_THE_WAY for w in BETWEEN}
        if actor_name in self.cast.people:
            going = {f"{t}:{way}" for t in OF_A_PERSON for way, (_from, _to, person) in BETWEEN.items() if person == actor_name}
            return own | going | {f"person:{actor_name}"} | {f"above:{o}" for o in self._above(actor.path)}
        organisations = {
            name
            for name, o in self.cast.organisations.items()
            if (o.path == actor.path if actor.is_inner else o.path.startswith(actor.path))
        }
        people = {
            p
            for p, person in self.cast.people.items()
            if person.organisation_id in {self.cast.organisations[o].id for o in organisations}
        }
        return (
            own
            | organisations
            | {f"person:{p}" for p in people}
            | {f"above:{o}" for o in self._above(actor.path)}
            | {f"above:{o}" for o in organisations}
            | {f"{t}:{way}" for t in ON_THE_WAY for way, (a, b, _p) in BETWEEN.items() if {a, b} & organisations}
        )

    def _above(self, path: str) -> set[str]:
        return {name for name, o in self.cast.organisations.items() if path.startswith(o.path)}

    def forbidden(self, actor_name: str) -> list[str]:
        """Return the canaries that must not reach this reader."""
        everyone = {owner for owners in self.ids.values() for owner in owners}
        return sorted(canary(owner) for owner in everyone - self.visible(actor_name))


def build(session: Session, cast: Cast) -> World:
    """Write a row of every mapped table with a scope for every owner, parents before children; the caller commits."""
    world = World(cast)
    by_table = {m.local_table.name: m.class_ for m in Base.registry.mappers}
    for table in Base.metadata.sorted_tables:
        cls = by_table[table.name]
        for owner in _owners(cls, cast):
            _write(session, world, cls, owner)
    _join(session, world)
    return world


def _join(session: Session, world: World) -> None:
    """Let reviews, decisions and evidence be those of the person's own declaration and registration."""
    by_table = {m.local_table.name: m.class_ for m in Base.registry.mappers}
    for owner, declaration_id in world.ids["declarations"].items():
        session.get_one(by_table["declarations"], declaration_id).inputs = {
            "description": canary(owner),
            "start_date": "2026-03-01",
            "end_date": "2026-03-02",
        }
        for table in ("reviews", "attachments"):
            session.get_one(by_table[table], world.ids[table][owner]).subject_id = declaration_id
        session.get_one(by_table["decisions"], world.ids["decisions"][owner]).subject_id = world.ids["professionals"][owner]
        certificate = session.get_one(by_table["certificates"], world.ids["certificates"][owner])
        certificate.content = _printed(canary(owner), certificate.number)
    session.flush()


def _printed(words: str, number: str) -> dict[str, Any]:
    """Return what a certificate says, every text of it a canary."""
    texts = (
        "name",
        "document_type",
        "number_masked",
        "organisation",
        "title_series",
        "title_level",
        "title_qualification",
        "issuer",
    )
    figures = dict.fromkeys((f.name for f in dataclasses.fields(Content) if f.type == "int"), 900)
    return figures | dict.fromkeys(texts, words) | {"number": number, "year": 2026, "is_exempt": False, "issued_on": "2026-03-01"}


def _owners(cls: Any, cast: Cast) -> list[str]:
    if cls.__tablename__ in {"regions", "code_entries"}:
        return []
    declared = cls.__scope__
    if declared == "in_subtree":
        return list(cast.organisations)
    if declared == "inherited":
        return [f"above:{name}" for name in cast.organisations]
    if declared == "owned_by_person":
        return [f"person:{name}" for name in cast.people]
    if declared == "either_side":
        return [f"{cls.__tablename__}:{way}" for way in BETWEEN]
    if declared == "owned_by_account":
        return [f"account:{name}" for name in cast.actors]
    return []


def _write(session: Session, world: World, cls: Any, owner: str) -> None:
    table, cast = cls.__tablename__, world.cast
    kind, _, name = owner.rpartition(":")
    if table == "organisations":
        thing = session.get_one(cls, cast.organisations[name].id)
        thing.address = canary(owner)
    elif table == "professionals":
        thing = session.get_one(cls, cast.people[name].id)
        for column in ("phone", "email", "landline", "admin_post", "school", "field_of_work", "title_certificate_number"):
            setattr(thing, column, canary(owner)[:40] if column in {"phone", "landline"} else canary(owner))
    elif table == "posts" and name in {POSTS[p][0] for p in POSTS}:
        thing = session.get_one(cls, next(cast.posts[p].id for p, (o, _i) in POSTS.items() if o == name))
        thing.phone = canary(owner)[:40]
    else:
        thing = cls(**_values(world, cls, owner, kind, name))
        session.add(thing)
    session.flush()
    world.ids.setdefault(table, {})[owner] = inspect(thing).identity[0]


def _values(world: World, cls: Any, owner: str, kind: str, name: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    mapper = inspect(cls)
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        fixed = FIXED.get(cls.__tablename__, {})
        if prop.key in fixed:
            values[prop.key] = fixed[prop.key]
            continue
        value = _owned(world, cls, prop.key, kind, name)
        if value is None and column.foreign_keys:
            value = _parent(world, column, owner, kind, name)
        elif value is None and not (column.primary_key and isinstance(column.type, Integer)):
            value = _made(world, column, owner)
        if value is not None:
            values[prop.key] = value
    return values


def _owned(world: World, cls: Any, key: str, kind: str, name: str) -> Any:
    cast = world.cast
    if kind == "account":
        actor = cast.actors[name]
        return {"account_id": actor.account_id, "position_key": actor.position_key}.get(key)
    if kind == "person":
        person = cast.people[name]
        own = {
            "path": person.path,
            "person_id": person.id,
            "account_id": person.account_id,
            "organisation_id": person.organisation_id,
        }
        own |= dict.fromkeys(
            ("deciding_organisation_id", "by_organisation_id", "issuer_id", "year_organisation_id", "member_of_id"),
            person.organisation_id,
        )
        return own.get(key)
    if name in BETWEEN:
        origin, target, person = BETWEEN[name]
        sides = {"path": origin, "from_path": origin, "to_path": target}
        if key in sides:
            return cast.organisations[sides[key]].path
        ids = {"organisation_id": origin, "from_organisation_id": origin, "to_organisation_id": target}
        if key in ids:
            return cast.organisations[ids[key]].id
        return cast.people[person].id if key == "person_id" and kind in OF_A_PERSON else None
    organisation = cast.organisations[name]
    two = {"kept_id": cast.people["professional"].id, "gone_id": cast.people["colleague"].id}
    return ({"path": organisation.path, "organisation_id": organisation.id} | two).get(key)


def _parent(world: World, column: Any, owner: str, kind: str, name: str) -> Any:
    (key,) = column.foreign_keys
    parent = key.column.table.name
    if column.table.name == parent or (column.nullable and parent not in world.ids):
        return None
    if parent == "accounts":
        return world.cast.accounts["support"].id
    if parent == "regions":
        return "371100"
    found = world.ids.get(parent, {})
    if owner in found:
        return found[owner]
    organisation = BETWEEN[name][0] if name in BETWEEN else name
    if kind == "person":
        person = world.cast.people[name]
        organisation = next(o for o, row in world.cast.organisations.items() if row.id == person.organisation_id)
    if parent == "declarations":
        return _declaration_below(world, organisation)
    return found.get(organisation) or found.get(f"above:{organisation}")


def _declaration_below(world: World, organisation: str) -> Any:
    """Return a declaration of somebody at or below an organisation, else of anybody."""
    place, found = world.cast.organisations[organisation].path, world.ids["declarations"]
    inside = (i for owner, i in found.items() if world.cast.people[owner.partition(":")[2]].path.startswith(place))
    return next(inside, next(iter(found.values())))


def _made(world: World, column: Any, owner: str) -> Any:
    world.n_made += 1
    if column.name in IN_ADDRESSES:
        return f"{column.name}{world.n_made}"
    kind = (
        column.type.impl if isinstance(column.type, TypeDecorator) and not isinstance(column.type, EncryptedText) else column.type
    )
    if isinstance(column.type, (EncryptedText, Text)):
        return f"{canary(owner)} {world.n_made}"
    if isinstance(kind, String):
        if column.name in CODED or (column.type.length or 255) < len(canary(owner)):
            return None if column.nullable or column.default is not None else f"{world.n_made:x}"[: column.type.length]
        return f"{canary(owner)} {world.n_made}"[: column.type.length]
    if isinstance(kind, Boolean):
        return True
    if isinstance(column.type, UtcDateTime) or isinstance(kind, DateTime):
        return None if column.nullable else dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    if isinstance(kind, Date):
        return dt.date(2026, 3, 1)
    if isinstance(kind, Integer):
        return None if column.nullable else world.n_made
    if isinstance(column.type, JSON):
        return None if column.nullable else {"canary": canary(owner)}
    return None
