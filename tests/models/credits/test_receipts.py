"""Daily roots and receipts: what is published when, and that no change passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import daily_roots, history, merkle, receipts
from models.access import Actor
from models.credits import receipts as credit_receipts
from models.credits.tables import Declaration
from models.daily_roots import HistoryDay, Roots
from models.errors import Invalid, WrongState
from models.history import HistoryBatch
from models.receipts import Checked
from models.reviews.tables import Verdict
from models.transaction import unit_of_work
from tests.cast import Cast

PLATFORM = "https://ce.example.cn"
both_databases = pytest.mark.both_databases
Receipt = dict[str, Any]


@pytest.fixture
def made(session_of: Callable[[Actor], Session]) -> Callable[[Actor, int], Receipt]:
    """Return the receipt of a record as somebody downloads it."""

    def make(actor: Actor, declaration_id: int) -> Receipt:
        session = session_of(actor)
        found = session.scalars(select(Declaration).where(Declaration.id == declaration_id)).one()
        return json.loads(json.dumps(credit_receipts.receipt_of(session, found, platform=PLATFORM)))  # type: ignore[no-any-return]

    return make


@pytest.fixture
def decided(cast: Cast, declare: Callable[..., int], decide: Callable[..., None]) -> int:
    """A record that two levels passed and the third rejected."""
    record = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [record], granted=380, reason="属实")
    decide(cast.department_clerk, [record])
    decide(cast.county_officer, [record], verdict=Verdict.REJECT, reason="证明材料不清晰")
    return record


def published(system: Session, clock: Callable[[str], None], day: str = "2026-12-16 00:01") -> Roots:
    with unit_of_work(system):
        while history.seal(system):
            pass
    clock(day)
    with unit_of_work(system):
        daily_roots.publish(system)
    return daily_roots.roots_here(system)


def checked(receipt: Receipt, roots: Roots) -> Checked:
    return receipts.check(json.dumps(receipt).encode(), roots)


def said(found: Checked) -> list[str]:
    return [str(sentence) for sentence in found.broken]


# --- trees -----------------------------------------------------------------------------------------------------------


def test_each_proof_leads_to_its_root_and_to_no_other_place() -> None:
    leaves = [f"{n:064x}" for n in range(1, 14)]
    for size in range(1, 14):
        root = merkle.root_of(leaves[:size])
        for place, path in merkle.paths_of(leaves[:size], range(size)).items():
            assert merkle.root_from(leaves[place], place, size, path) == root
            assert [p for p in range(size) if merkle.root_from(leaves[place], p, size, path) == root] == [place]
            assert merkle.root_from(leaves[place], place, size, [*path, root]) != root
    assert merkle.root_from(leaves[0], 0, 1, ["0" * 64] * 65) is None


# --- publication -----------------------------------------------------------------------------------------------------


@both_databases
def test_a_day_is_published_once_it_is_over_with_all_its_rows(system: Session, cast: Cast, clock: Callable[[str], None]) -> None:
    def write(n: int) -> None:
        with unit_of_work(system):
            history.record(system, cast.unit_clerk, "declaration", range(n), "approve")

    before = system.query(HistoryDay).count()
    write(3)
    with unit_of_work(system):
        history.seal(system)
        assert daily_roots.publish(system) == []
    write(2)  # nobody has sealed them when the day ends
    clock("2026-12-16 00:00")
    write(4)  # of the new day
    with unit_of_work(system):
        (day,) = daily_roots.publish(system)
    assert (before, day.day.isoformat(), day.n_rows) == (0, "2026-12-15", 5)
    assert history.count_unsealed(system) == 4
    with unit_of_work(system):
        assert daily_roots.publish(system) == []  # a day has one root
    clock("2026-12-20 09:00")
    with unit_of_work(system):
        (later,) = daily_roots.publish(system)  # four days at rest
    assert (later.day.isoformat(), later.n_rows) == ("2026-12-19", 4)
    newest, first = daily_roots.published(system)
    assert newest.previous == first.chain
    assert first.previous == ""
    assert daily_roots.verify(system) == (2, "")
    assert history.verify(system).first_broken == ""


@both_databases
def test_days_that_were_sealed_before_there_were_roots_get_one_each(
    system: Session, cast: Cast, clock: Callable[[str], None]
) -> None:
    for day in ("2026-12-01 23:59", "2026-12-02 00:01", "2026-12-02 12:00", "2026-12-05 08:00"):
        clock(day)
        with unit_of_work(system):
            history.record(system, cast.unit_clerk, "declaration", [1], "approve")
            history.seal(system)
    with unit_of_work(system):
        assert [(d.day.isoformat(), d.n_rows) for d in daily_roots.publish(system)] == [("2026-12-01", 1), ("2026-12-02", 2)]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"root": "0" * 64}, "day 2026-12-15"),
        ({"n_rows": 9}, "day 2026-12-15"),
        ({"chain": "0" * 64}, "link before day 2026-12-15"),
    ],
)
def test_a_changed_root_is_named(
    system: Session, cast: Cast, clock: Callable[[str], None], values: dict[str, object], named: str
) -> None:
    with unit_of_work(system):
        history.record(system, cast.unit_clerk, "declaration", [1], "approve")
    published(system, clock)
    with unit_of_work(system):
        system.execute(update(HistoryDay).values(**values))
    system.expire_all()
    assert daily_roots.verify(system)[1] == named


def test_the_file_of_roots_is_read_back_and_a_change_is_named(system: Session, cast: Cast, clock: Callable[[str], None]) -> None:
    with unit_of_work(system):
        history.record(system, cast.unit_clerk, "declaration", [1], "approve")
    roots = published(system, clock)
    file = json.loads(json.dumps(daily_roots.as_file(system, platform=PLATFORM)))
    assert daily_roots.from_file(file) == roots
    for name, value in (("rows", 2), ("root", "0" * 64), ("day", "2026-12-14"), ("previous", "0" * 64)):
        changed = {**file, "days": [{**file["days"][0], name: value}]}
        with pytest.raises(Invalid, match="chain does not fit"):
            daily_roots.from_file(changed)
    for broken in ({}, [], None, {**file, "days": None}, {**file, "days": [None]}, {**file, "keys": []}, {**file, "kind": "x"}):
        with pytest.raises(Invalid):
            daily_roots.from_file(broken)


# --- receipts --------------------------------------------------------------------------------------------------------


@both_databases
def test_a_receipt_tells_who_decided_what_and_holds(
    system: Session, cast: Cast, decided: int, made: Callable[..., Receipt], clock: Callable[[str], None]
) -> None:
    roots = published(system, clock)
    for reader in (cast.professional, cast.unit_clerk, cast.county_officer):
        found = checked(made(reader, decided), roots)
        assert found.is_whole
        assert {row.day for row in found.rows} == {"2026-12-15"}
    steps = [(r.values["action"], r.values["organisation_name"], r.values["reason"]) for r in found.rows]
    assert ("pass_level", cast.unit_clerk.organisation_name, "属实") in steps
    assert ("reject", cast.county_officer.organisation_name, "证明材料不清晰") in steps
    granted = [r.values["changes"]["granted_tenths"] for r in found.rows if r.values["action"] == "pass_level"]
    assert granted == [[None, 380], [None, 380]]
    text = json.dumps(made(cast.professional, decided), ensure_ascii=False)
    assert cast.accounts["professional"].number not in text
    assert found.head["state"] == "rejected"


def test_what_came_today_is_checked_tomorrow(
    system: Session,
    cast: Cast,
    decided: int,
    made: Callable[..., Receipt],
    decide: Callable[..., None],
    clock: Callable[[str], None],
) -> None:
    roots = daily_roots.roots_here(system)
    unsealed = checked(made(cast.professional, decided), roots)
    with unit_of_work(system):
        history.seal(system)
    sealed = checked(made(cast.professional, decided), roots)
    for found in (unsealed, sealed):
        assert found.broken == []
        assert [s.params["n"] for s in found.waiting] == [len(found.rows)]
        assert not found.is_whole
    assert checked(made(cast.professional, decided), published(system, clock)).waiting
    assert checked(made(cast.professional, decided), daily_roots.roots_here(system)).is_whole


def test_a_draft_has_no_receipt(cast: Cast, declare: Callable[..., int], made: Callable[..., Receipt]) -> None:
    with pytest.raises(WrongState):
        made(cast.professional, declare(cast.professional))


def test_every_change_is_refused_and_named(
    system: Session, cast: Cast, decided: int, made: Callable[..., Receipt], clock: Callable[[str], None]
) -> None:
    roots = published(system, clock)
    receipt = made(cast.professional, decided)
    n = next(i for i, r in enumerate(receipt["rows"], 1) if "证明材料不清晰" in r["text"])

    def with_row(**values: Any) -> Receipt:
        rows = [{**r, **values} if i == n else r for i, r in enumerate(receipt["rows"], 1)]
        return {**receipt, "rows": rows}

    def with_batch(**values: Any) -> Receipt:
        return {**receipt, "batches": [{**receipt["batches"][0], **values}, *receipt["batches"][1:]]}

    text = receipt["rows"][n - 1]["text"]
    row_changed = f"Row {n} was changed: its person, time, verdict or reason is not what was sealed."
    for old, new in (
        ("证明材料不清晰", "属实"),
        ('"reject"', '"pass"'),
        ("2026-12-15", "2026-12-14"),
        (cast.county_officer.name, "某人"),
    ):
        assert old in text
        assert said(checked(with_row(text=text.replace(old, new)), roots)) == [row_changed]
    proof_changed = f"The proof of row {n} was changed: it does not lead to the seal of its batch."
    path = receipt["rows"][n - 1]["path"]
    for values in ({"path": ["0" * 64, *path[1:]]}, {"path": path[:-1]}, {"place": receipt["rows"][n - 1]["place"] + 1}):
        assert said(checked(with_row(**values), roots)) == [proof_changed]
    batch_changed = "The proof of batch 1 was changed: it does not lead to the root of 2026-12-15."
    assert batch_changed in said(checked(with_batch(root="0" * 64), roots))
    assert said(checked(with_batch(previous="0" * 64), roots)) == [batch_changed]
    assert said(checked(with_batch(day="2026-12-14"), roots)) == ["No root is published for 2026-12-14, which batch 1 names."]
    head = receipt["head"]
    head_changed = "The head of the receipt was changed: the platform did not sign this person, record, year and hours."
    for old, new in ((cast.people["professional"].name, "另一人"), ('"year":2026', '"year":2027'), ('"rejected"', '"approved"')):
        assert old in head
        assert said(checked({**receipt, "head": head.replace(old, new)}, roots)) == [head_changed]
    fewer = {**receipt, "rows": receipt["rows"][:-1]}
    assert said(checked(fewer, roots)) == [
        f"The receipt was issued with {len(receipt['rows'])} rows and now has {len(fewer['rows'])}."
    ]
    swapped = {**receipt, "rows": [*receipt["rows"][:-2], receipt["rows"][-1], receipt["rows"][-2]]}
    assert len(said(checked(swapped, roots))) == 2
    assert said(checked({**receipt, "signature": "00000000." + receipt["signature"].partition(".")[2]}, roots)) == [
        "The receipt is signed by a key that is not among the published ones."
    ]
    assert checked(receipt, roots).is_whole


def test_a_row_that_was_changed_in_the_database_gives_no_receipt_that_holds(
    system: Session, cast: Cast, decided: int, made: Callable[..., Receipt], clock: Callable[[str], None]
) -> None:
    roots = published(system, clock)
    with unit_of_work(system):
        system.execute(update(history.HistoryEntry).where(history.HistoryEntry.action == "reject").values(reason="改过"))
    found = checked(made(cast.professional, decided), roots)
    assert {s.message_id for s in found.broken} == {receipts.CHANGED_PROOF}
    # Whoever changes the seal as well meets the copy of the root that an outsider has kept.
    with unit_of_work(system):
        batch = system.scalars(select(HistoryBatch).order_by(HistoryBatch.id.desc())).first()
        assert batch is not None
        for row in system.scalars(select(history.HistoryEntry).where(history.HistoryEntry.batch_id == batch.id)):
            row.leaf = history._leaf(row)
        system.flush()
        batch.root = merkle.root_of([leaf for _, leaf in daily_roots.leaves_of_batch(system, batch.id)])
    assert receipts.CHANGED_BATCH in {s.message_id for s in checked(made(cast.professional, decided), roots).broken}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"NaN",
        b"[" * 200_000,
        b'{"kind":"ce-receipt","version":1}',
        b'{"kind":"ce-receipt","version":1,"head":"{}","signature":"","rows":[],"batches":[]}',
        b'{"kind":"ce-receipt","version":1e400,"head":1,"signature":2,"rows":3,"batches":4}',
        b'{"kind":"ce-receipt","version":1,"head":"\\ud800","signature":"","rows":[],"batches":[]}',
        b" " * (receipts.MOST_BYTES + 1),
        b"9" * 10_000,
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_what_is_no_receipt_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(Invalid):
        receipts.check(content, Roots({}, {}))


@pytest.mark.parametrize("part", ["rows", "batches"])
@pytest.mark.parametrize("value", [None, 1, -1, 2**70, "x", [], ["x"], [["0" * 64] * 400], {"a": 1}, True, 1.5])
def test_a_part_of_another_type_is_refused_in_one_sentence(
    part: str, value: Any, system: Session, cast: Cast, decided: int, made: Callable[..., Receipt], clock: Callable[[str], None]
) -> None:
    roots = published(system, clock)
    receipt = made(cast.professional, decided)
    for name in receipt[part][0]:
        changed = {**receipt, part: [{**receipt[part][0], name: value}, *receipt[part][1:]]}
        if changed == receipt:
            continue
        try:
            assert not checked(changed, roots).is_whole
        except Invalid:
            continue
