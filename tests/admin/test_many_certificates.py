"""Certificates of many years as one task: the zip, the PDF to be printed, who gets none, and a worker that dies."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader
from sqlalchemy import select, update

from models import jobs, storage
from models.certificates import printing
from models.certificates.tables import Certificate, CertificateSeries
from models.credits.tables import YearSummary
from models.files import JobFile, stored_pieces
from models.history import HistoryEntry
from models.jobs import Job, JobState
from models.people.tables import Post, PostState, Professional
from tests.admin.conftest import Desk
from tests.admin.printing import WITHIN, Seat, job_of, order, small_parts, years
from tests.cast import Cast
from tests.deaths.inside import Killed, dying, let_leases_end
from views.documents import certificate

__all__ = ["small_parts", "years"]
pytestmark = pytest.mark.both_databases
PLACES = (
    "before the first part",
    "numbers issued, nothing drawn",
    "in the middle of a drawing",
    "drawn, not kept",
    "after a part",
    "at the end of the file",
    "at the end of the task",
)


def downloads(desk: Desk, page: str) -> dict[str, bytes]:
    """Return what the page of a task offers, by the name of the file."""
    found = {}
    for address in re.findall(r'href="(/files/jobs/[^"]+)"', page):
        answer = desk.client.get(address)
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        found[answer.headers["Content-Disposition"].rpartition(".")[2]] = answer.data
    return found


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def lines(workbook: bytes) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(workbook)).active
    assert sheet is not None
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]


def text_of(page: Any) -> str:
    return re.sub(r"\s", "", page.extract_text())


def test_the_chosen_are_a_zip_of_signed_certificates(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any, small_parts: None
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN])
    assert "/admin/jobs/details/" in answer.headers["Location"]
    assert run_jobs() == 1
    page = officer.follow(answer).text
    files = downloads(officer, page)
    assert set(files) == {"zip", "xlsx"}
    inside = unzipped(files["zip"])
    numbers = ["371100202600000015", "371100202600000023", "371100202600000031"]
    assert [name for name in inside if name.endswith(".pdf")] == [
        f"人员-{who}-2026年度结业证书-{number}.pdf"
        for who, number in zip(("professional", "colleague", "neighbour"), numbers, strict=True)
    ]
    for name, content in inside.items():
        if name.endswith(".pdf"):
            (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
            assert signature.sig_object["/Name"] == "单位-county"
            assert name.partition("-2026")[0] in text_of(PdfReader(io.BytesIO(content)).pages[0])
    (listed,) = [content for name, content in inside.items() if name.endswith(".xlsx")]
    assert listed == files["xlsx"]
    reason = "The year 2026 does not meet the requirement yet; the certificate can be printed when it does."
    assert lines(listed) == [
        ["人员-branch_worker", "单位-branch", 2026, reason],
        ["人员-civil_servant", "单位-county", 2026, reason],
    ]
    assert reason in page
    with look() as session:
        assert list(session.scalars(select(Certificate.number).order_by(Certificate.id))) == numbers
        issued = select(HistoryEntry.changes).where(HistoryEntry.subject_kind == "certificate").order_by(HistoryEntry.id)
        assert [changes["number"] for changes in session.scalars(issued)] == [[None, number] for number in numbers]


def test_the_print_is_one_unsigned_pdf_marked_on_each_page(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], small_parts: None
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN], "print")
    run_jobs()
    files = downloads(officer, officer.follow(answer).text)
    assert set(files) == {"pdf", "xlsx"}
    pages = PdfReader(io.BytesIO(files["pdf"]), strict=True).pages
    texts = [text_of(page) for page in pages]
    assert ["人员-" + re.findall("人员-([a-z]+)同志", text)[0] for text in texts] == [
        "人员-professional",
        "人员-colleague",
        "人员-neighbour",
    ]
    assert all(text.count("打印件") == 2 for text in texts)
    assert not PdfFileReader(io.BytesIO(files["pdf"])).embedded_signatures
    assert [line[0] for line in lines(files["xlsx"])] == ["人员-branch_worker", "人员-civil_servant"]


def test_all_of_the_filter_are_printed_and_those_who_have_one_keep_it(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any
) -> None:
    officer = desk("county_officer")
    order(officer, [years["neighbour"]], screen="certificates")
    run_jobs()
    asked = officer.post("certificates/action/", action="print_many", all="1").text
    assert "Certificates that can be printed: 3" in asked
    key = re.findall(r'name="sel" value="([^"]+)"', asked)[0]
    answer = officer.post("certificates/action/run", action="print_many", sel=key, how="signed")
    run_jobs()
    files = downloads(officer, officer.follow(answer).text)
    assert sorted(name.rpartition("-")[2] for name in unzipped(files["zip"])) == [
        "371100202600000015.pdf",
        "371100202600000023.pdf",
        "371100202600000031.pdf",
    ]
    with look() as session:
        person_id = session.get_one(YearSummary, years["neighbour"]).person_id
        own = select(Certificate.number).where(Certificate.person_id == person_id)
        assert session.scalars(own).one() == "371100202600000015"


def test_nobody_passed_leaves_only_the_list(desk: Seat, years: dict[str, int], run_jobs: Callable[[], int]) -> None:
    officer = desk("county_officer")
    for how in ("signed", "print"):
        answer = order(officer, [years["branch_worker"]], how)
        run_jobs()
        files = downloads(officer, officer.follow(answer).text)
        assert lines(files["xlsx"])[0][0] == "人员-branch_worker"
        assert "pdf" not in files
        assert [name[-5:] for name in unzipped(files["zip"])] == [".xlsx"] if how == "signed" else "zip" not in files


def test_more_than_a_task_makes_are_refused_with_a_way_out(
    desk: Seat, years: dict[str, int], look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "MOST", 2)
    officer, ids = desk("county_officer"), [years[name] for name in WITHIN[:3]]
    sentence = "At most 2 certificates can be made in one task. Narrow the filter by year or by unit"
    assert sentence in officer.post("learning-records/action/", action="print_many", ids=ids).text
    assert sentence in order(officer, ids).text
    assert job_of(look) is None


@pytest.mark.parametrize("how", ["", "both", "SIGNED", "x" * 3000])
def test_a_forged_choice_starts_nothing(desk: Seat, years: dict[str, int], look: Any, how: str) -> None:
    answer = order(desk("county_officer"), [years["professional"]], how)
    assert (answer.status_code, job_of(look)) == (200, None)


def test_years_outside_the_subtree_get_nothing_and_tell_nothing(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any
) -> None:
    clerk = desk("unit_clerk")
    answer = order(clerk, [years["cousin"], years["neighbour"], 987_654])
    run_jobs()
    page = clerk.follow(answer).text
    assert "cousin" not in page
    assert "neighbour" not in page
    files = downloads(clerk, page)
    assert {tuple(line[1:]) for line in lines(files["xlsx"])} == {
        (None, None, "It does not exist, or is not within your jurisdiction.")
    }
    with look() as session:
        assert session.scalars(select(Certificate)).all() == []


def test_a_person_who_moved_away_meanwhile_gets_none(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    clerk = desk("unit_clerk")
    answer = order(clerk, [years["professional"], years["colleague"]])
    away = cast.organisations["sibling_unit"].path
    with look() as session:
        for table, column in ((Professional, Professional.id), (YearSummary, YearSummary.person_id)):
            session.execute(
                update(table).where(column == cast.people["colleague"].id).values(path=away),
                execution_options={"synchronize_session": False},
            )
        session.commit()
    run_jobs()
    files = downloads(clerk, clerk.follow(answer).text)
    assert [name.split("-")[1] for name in unzipped(files["zip"]) if name.endswith(".pdf")] == ["professional"]
    assert lines(files["xlsx"])[0][0] == f"#{years['colleague']}"


def test_who_lost_the_post_meanwhile_gets_nothing(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    order(desk("unit_clerk"), [years["professional"]])
    with look() as session:
        session.execute(
            update(Post).where(Post.id == cast.posts["unit_clerk"].id).values(state=PostState.DISABLED),
            execution_options={"synchronize_session": False},
        )
        session.commit()
    run_jobs()
    with look() as session:
        assert session.scalars(select(Job)).one().state == JobState.FAILED
        assert session.scalars(select(Certificate)).all() == session.scalars(select(JobFile)).all() == []


def test_the_file_is_of_the_position_that_started_it(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any
) -> None:
    order(desk("county_officer"), [years["professional"]])
    run_jobs()
    address = f"/files/jobs/{job_of(look).result['file']}"
    for name in ("city_officer", "inner_officer", "unit_clerk"):
        assert desk(name).client.get(address).status_code == 404


def test_without_the_right_there_is_no_button_and_no_task(desk: Seat, years: dict[str, int], look: Any, cast: Cast) -> None:
    base = desk("base_clerk")
    assert order(base, [years["professional"]]).status_code in {403, 404}
    assert job_of(look) is None


# --- a worker that dies ---------------------------------------------------------------------------------------------


def deadly(place: str) -> tuple[Any, str, Any]:
    """Return what is replaced by what for a worker to die at *place*; parts are of two sheets."""
    commit = jobs.Run.commit
    return {
        "before the first part": (jobs.Run, "commit", dying(1, commit, after=True)),
        "numbers issued, nothing drawn": (jobs.Run, "commit", dying(4, commit, after=True)),
        "in the middle of a drawing": (certificate, "_sheet", dying(2, certificate._sheet, after=True)),
        "drawn, not kept": (jobs.Run, "commit", dying(5, commit)),
        "after a part": (jobs.Run, "commit", dying(5, commit, after=True)),
        "at the end of the file": (jobs.Run, "finish", dying(1, jobs.Run.finish)),
        "at the end of the task": (jobs, "_end", dying(1, jobs._end)),
    }[place]


@pytest.mark.parametrize("how", ["signed", "print"])
@pytest.mark.parametrize("place", PLACES)
def test_a_killed_task_goes_on_and_gives_the_same(
    desk: Seat,
    years: dict[str, int],
    run_jobs: Callable[[], int],
    look: Any,
    small_parts: None,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    how: str,
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN], how)
    with monkeypatch.context() as once:
        once.setattr(*deadly(place))
        with pytest.raises(Killed):
            run_jobs()
    with look() as session:
        let_leases_end(session)
    assert run_jobs() == 1
    job = job_of(look)
    assert (job.state, job.n_done, job.result["done"], job.result["skipped"]) == ("done", 5, 3, 2)
    files = downloads(officer, officer.follow(answer).text)
    whose = ["professional", "colleague", "neighbour"]
    if how == "signed":
        names = [name for name in unzipped(files["zip"]) if name.endswith(".pdf")]
        assert [name.split("-")[1] for name in names] == whose
        printed = [name.rpartition("-")[2].removesuffix(".pdf") for name in names]
    else:
        texts = [text_of(page) for page in PdfReader(io.BytesIO(files["pdf"]), strict=True).pages]
        assert [re.findall("人员-([a-z]+)同志", text)[0] for text in texts] == whose
        printed = [re.findall("证书编号([0-9]{18})", text)[0] for text in texts]
    assert [line[0] for line in lines(files["xlsx"])] == ["人员-branch_worker", "人员-civil_servant"]
    with look() as session:
        assert list(session.scalars(select(Certificate.number).order_by(Certificate.id))) == printed
        assert session.scalars(select(CertificateSeries.last_serial)).one() == 3
        assert session.query(HistoryEntry).filter_by(subject_kind="certificate", action="issue").count() == 3
        kept = {key for file in session.scalars(select(JobFile)) for key in stored_pieces(file)}
    assert kept <= set(storage.stored_keys())
