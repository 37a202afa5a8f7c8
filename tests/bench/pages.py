"""How long the pages of the lists take on the server, at the first, the hundredth and the last page, for each officer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from models.people.tables import Account, Professional
from models.reviews.tables import Review, ReviewKind, ReviewState
from models.scope import system_session
from tests.bench.figures import Figure, median, p95
from tests.bench.ground import COUNTY, Ground, Officer

MEDIAN_MS, P95_MS, STATEMENTS = 20, 50, 12
N_TIMES = 40
ROLES = ("city", "county", "unit")
Addresses = Callable[[Ground, Officer], Sequence[str]]


@dataclass(frozen=True)
class Probe:
    """One kind of page and the addresses that show it; they are taken in turn."""

    name: str
    addresses: Addresses
    roles: Sequence[str] = ROLES


def _always(*addresses: str) -> Addresses:
    return lambda _ground, _officer: addresses


def _searched(screen: str, tab: str, name: str, values: Callable[[Officer], Sequence[str]]) -> Addresses:
    """Return the addresses that searches for private values lead to."""

    def search(ground: Ground, officer: Officer) -> list[str]:
        with ground.app.app_context():
            wanted = values(officer)
        found = [officer.post(f"{screen}/search", tab=tab, **{name: value}) for value in wanted]
        assert all(answer.status_code == 303 for answer in found), found
        return [answer.headers["Location"].removeprefix("/admin/") for answer in found]

    return search


def _numbers(officer: Officer) -> list[str]:
    """Return identity numbers of people that the officer may see."""
    with officer.session() as session:
        ids = list(session.scalars(select(Professional.account_id).order_by(Professional.path, Professional.id).limit(400)))
    with system_session() as session:
        return list(session.scalars(select(Account.number).where(Account.id.in_(ids[::20]))))


def _some(statement: Any, address: str) -> Addresses:
    def addresses(ground: Ground, officer: Officer) -> list[str]:
        with ground.app.app_context(), officer.session() as session:
            ids = session.scalars(statement(officer).limit(200)).all()
        return [address.format(id=i) for i in ids[::10]]

    return addresses


def _people(_officer: Officer) -> Any:
    return select(Professional.id).where(Professional.state == "active").order_by(Professional.path, Professional.id)


def _waiting(officer: Officer) -> Any:
    return (
        select(Review.id)
        .where(
            Review.deciding_organisation_id == officer.actor.organisation_id,
            Review.kind == ReviewKind.DECLARATION,
            Review.state == ReviewState.OPEN,
        )
        .order_by(Review.submitted_at, Review.id)
    )


def _names(*names: str) -> Callable[[Officer], Sequence[str]]:
    return lambda _officer: names


PROBES = (
    Probe("home", _always("")),
    Probe("people, first page", _always("people/")),
    Probe("people, page 100", _always("people/?page=100"), ("city", "county")),
    Probe("people, last page", _always("people/?at=last")),
    Probe("people by title series", _always("people/?f_series=05", "people/?f_series=04", "people/?f_series=22")),
    Probe("people by rare title series", _always("people/?f_series=09", "people/?f_series=17", "people/?f_series=03")),
    Probe("people by education", _always("people/?f_education=21", "people/?f_education=11")),
    Probe("people by qualification", _always("people/?f_qualification=VQ51", "people/?f_qualification=VQ00")),
    Probe("people by age and sex", _always("people/?f_age=36-40&f_sex=female", "people/?f_age=61-")),
    Probe("people by nature of the unit", _always("people/?f_nature=30", "people/?f_nature=21", "people/?f_nature=10")),
    Probe("people by region", _always(f"people/?f_region={COUNTY + 2}", "people/?f_region=direct"), ("city",)),
    Probe("people by exact number", _searched("people", "", "f_number", _numbers)),
    Probe("people by common name", _searched("people", "", "f_name", _names("王", "王伟", "zhang", "李建国"))),
    Probe("people by rare name", _searched("people", "", "f_name", _names("欧阳", "ouyang", "wxm", "尉迟芳"))),
    Probe(
        "people by name, last page",
        lambda g, o: [f"{a}&at=last" for a in _searched("people", "", "f_name", _names("王", "li"))(g, o)],
    ),
    Probe("hours waiting, first page", _always("hours/?tab=pending")),
    Probe("hours waiting, page 100", _always("hours/?tab=pending&page=100"), ("county",)),
    Probe("hours waiting, last page", _always("hours/?tab=pending&at=last")),
    Probe("hours waiting, by year and form", _always("hours/?tab=pending&f_form=GWPX", "hours/?tab=pending&f_form=HJ")),
    Probe("hours waiting, by name", _searched("hours", "pending", "f_name", _names("王", "欧阳", "zhangwei"))),
    Probe("hours reviewed, first page", _always("hours/?tab=reviewed")),
    Probe("hours reviewed, page 100", _always("hours/?tab=reviewed&page=100"), ("county",)),
    Probe("hours reviewed, last page", _always("hours/?tab=reviewed&at=last")),
    Probe("hours reviewed, by form", _always("hours/?tab=reviewed&f_form=HYPX", "hours/?tab=reviewed&f_form=HJ")),
    Probe("hours reviewed, by name", _searched("hours", "reviewed", "f_name", _names("王", "欧阳", "zhangwei"))),
    Probe("registrations waiting", _always("registrations/?tab=pending")),
    Probe("organisations, first page", _always("organisations/?tab=employer"), ("city", "county")),
    Probe("organisations, last page", _always("organisations/?tab=employer&at=last"), ("city", "county")),
    Probe(
        "organisations by name",
        _always("organisations/?tab=employer&f_name=华明", "organisations/?tab=employer&f_name=医院"),
        ("city", "county"),
    ),
    Probe("details of a person", _some(_people, "people/details/?id={id}")),
    Probe("learning record", _some(_people, "learning-record/?id={id}")),
    Probe("details of a review", _some(_waiting, "hours/details/?id={id}")),
)


def run(ground: Ground) -> Iterator[Figure]:
    """Measure each page for each officer."""
    for probe in PROBES:
        for role in probe.roles:
            yield from _measure(ground, probe, ground.officer(role))


def _measure(ground: Ground, probe: Probe, officer: Officer) -> Iterator[Figure]:
    addresses = probe.addresses(ground, officer)
    if not addresses:
        return
    times, own, statements = [], [], 0
    for number in range(N_TIMES + 3):
        address = addresses[number % len(addresses)]
        ground.statements.clear()
        began, began_own = time.perf_counter(), time.thread_time()
        answer = officer.get(address)
        took, took_own = time.perf_counter() - began, time.thread_time() - began_own
        assert answer.status_code == 200, (address, answer.status_code)
        if number >= 3:
            times.append(took * 1000)
            own.append(took_own * 1000)
        statements = max(statements, len(ground.statements))
    name = f"{probe.name}, {officer.role}"
    yield Figure(f"{name}: median", median(times), "ms", ground.database, ground.n_people, MEDIAN_MS)
    yield Figure(f"{name}: p95", p95(times), "ms", ground.database, ground.n_people, P95_MS)
    yield Figure(f"{name}: processor", median(own), "ms", ground.database, ground.n_people)
    yield Figure(f"{name}: statements", statements, "statements", ground.database, ground.n_people, STATEMENTS)
