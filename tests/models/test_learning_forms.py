"""The 29 learning forms: their worked examples, what their fields accept, what their rules propose."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.credits.form_inputs import clean_inputs, from_stored, shown, stored
from models.credits.forms import FormSpec, Proposal, derived, parse_form, propose, whole_months
from models.credits.tables import CapKind
from models.errors import FieldErrors, Invalid

TODAY = date(2026, 12, 31)
DATA: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "seed" / "reference" / "learning_forms.json").read_text(encoding="utf-8")
)
FORMS: dict[str, FormSpec] = {data["code"]: parse_form(data) for data in DATA}
ON_PAPER = {"GWPX", "JDPX", "DWPX", "HYPX", "QT"}


def _example(code: str, **changes: str) -> dict[str, str]:
    return {**FORMS[code].example.inputs, **changes}


def _propose(code: str, requested: str | None = "8", **changes: str) -> Proposal:
    spec = FORMS[code]
    inputs = clean_inputs(spec, _example(code, **changes), today=TODAY)
    return propose(spec, inputs, None if requested is None else Decimal(requested))


def _hours(code: str, **changes: str) -> str:
    return str(_propose(code, **changes).hours)


def _errors(code: str, **changes: str) -> dict[str, str]:
    with pytest.raises(FieldErrors) as caught:
        clean_inputs(FORMS[code], _example(code, **changes), today=TODAY)
    return {name: str(error) for name, error in caught.value.errors.items()}


@pytest.mark.parametrize("code", FORMS)
def test_worked_example_gives_its_hours(code: str) -> None:
    spec = FORMS[code]
    proposal = propose(spec, clean_inputs(spec, spec.example.inputs, today=TODAY), spec.example.requested)
    assert proposal.hours == spec.example.hours
    assert (proposal.hours is None) == (code in ON_PAPER)
    if spec.example.hours is not None and spec.formula.used:
        assert proposal.arithmetic[0].split(" = ")[0] in spec.labels("zh").values()


def test_all_forms_are_there_in_their_groups() -> None:
    groups: dict[str, list[str]] = {}
    for code, spec in FORMS.items():
        groups.setdefault(spec.declaration_type, []).append(code)
    assert groups == {
        "training": [
            *["GWPX", "JDPX", "DWPX", "JZMS", "ZXXX", "GXKPX", "XLJY", "XWJY", "JX", "ZZXX", "XSHY", "XSJZ", "XSFW", "HYPX"]
        ],
        "achievement": [*["FBLW", "CBZZ", "FMZL", "KTXM", "BZZD", "HJ", "KSZG", "DYBG"]],
        "other": [*["SK", "GZDL", "ZJZN", "YPYJ", "FWJC", "SJHD", "QT"]],
    }
    assert [code for code, spec in FORMS.items() if not spec.is_offered_to_persons] == ["DWPX", "ZXXX"]
    assert [code for code, spec in FORMS.items() if spec.subject_kinds == ("all",)] == ["GZDL", "ZJZN", "YPYJ"]
    assert [code for code, spec in FORMS.items() if not spec.demands_evidence] == ["DWPX", "ZXXX"]
    assert {code for code, spec in FORMS.items() if spec.is_on_paper} == ON_PAPER


def test_caps_are_those_of_the_table() -> None:
    caps = {code: (spec.cap.kind.value, str(spec.cap.value)) for code, spec in FORMS.items()}
    assert caps == {
        **dict.fromkeys(["JDPX", "DWPX", "ZXXX", "GXKPX", "XLJY", "XWJY", "JX", "XSHY", "HYPX", "QT"], ("none", "None")),
        **dict.fromkeys(["GWPX", "GZDL", "ZJZN", "YPYJ"], ("per_year", "90")),
        **dict.fromkeys(["JZMS", "XSFW", "KSZG"], ("per_year", "60")),
        **dict.fromkeys(["SK", "FWJC", "SJHD"], ("per_year", "40")),
        "ZZXX": ("per_year", "20"),
        "XSJZ": ("per_year", "24"),
        **dict.fromkeys(["FBLW", "BZZD"], ("per_record", "40")),
        **dict.fromkeys(["FMZL", "HJ"], ("per_record", "48")),
        "CBZZ": ("per_record", "72"),
        "DYBG": ("per_record", "20"),
        "KTXM": ("count_per_year", "1"),
    }


@pytest.mark.parametrize(
    ("code", "changes", "hours"),
    [
        ("JZMS", {"days": ""}, "40.0"),
        ("JZMS", {"days": "9"}, "40.0"),
        ("JZMS", {"end_date": "2026-03-31", "days": ""}, "60.0"),
        ("GXKPX", {"exam_score": "59"}, "0.0"),
        ("ZXXX", {"exam_passed": ""}, "0.0"),
        ("XLJY", {"courses_passed": "5"}, "60.0"),
        ("JX", {"courses_passed": ""}, "None"),
        ("XSHY", {"paper_read": "0"}, "12.0"),
        ("XSHY", {"paper_chars": "2000"}, "18.0"),
        ("XSHY", {"level": "provincial"}, "14.0"),
        ("XSHY", {"level": "省级", "paper_chars": "1500"}, "12.0"),
        ("XSHY", {"level": "international"}, "20.0"),
        ("XSHY", {"level": "municipal", "paper_read": "否"}, "4.0"),
        ("FBLW", {"author_rank": "4"}, "0.0"),
        ("FBLW", {"journal_level": "省级", "char_count": "5001"}, "18.0"),
        ("FBLW", {"char_count": "20000"}, "40.0"),
        ("CBZZ", {"own_char_count": "80001"}, "45.0"),
        ("CBZZ", {"own_char_count": "900000"}, "72.0"),
        ("FMZL", {"patent_type": "发明", "inventor_rank": "1"}, "48.0"),
        ("FMZL", {"inventor_rank": "9"}, "0.0"),
        ("KTXM", {"level": "national", "member_rank": "1"}, "64.0"),
        ("KTXM", {"level": "national", "member_rank": "5"}, "32.0"),
        ("KTXM", {"level": "national", "member_rank": "6"}, "0.0"),
        ("KTXM", {"is_subproject": "1", "member_rank": "3"}, "24.0"),
        ("KTXM", {"level": "national", "is_subproject": "1", "member_rank": "2"}, "40.0"),
        ("BZZD", {"level": "国际", "drafter_rank": "1"}, "40.0"),
        ("BZZD", {"level": "企业", "drafter_rank": "6"}, "0.0"),
        ("HJ", {"award_level": "national", "grade": "first", "rank": "1"}, "46.0"),
        ("HJ", {"award_level": "municipal", "grade": "third", "rank": "1"}, "30.0"),
        ("SK", {"lesson_hours": "25"}, "40.0"),
        ("GZDL", {"end_date": "2026-05-31"}, "75.0"),
        ("GZDL", {"end_date": "2026-06-14"}, "75.0"),
        ("GZDL", {"end_date": "2026-06-15"}, "90.0"),
        ("GZDL", {"assessment": "不合格"}, "0.0"),
        ("FWJC", {"days": "30"}, "40.0"),
        ("DYBG", {"author_rank": "4"}, "0.0"),
    ],
)
def test_rule_proposes(code: str, changes: dict[str, str], hours: str) -> None:
    assert _hours(code, **changes) == hours


def test_self_study_is_limited_and_waits_for_the_requested_hours() -> None:
    assert _propose("ZZXX", "12").hours == Decimal("12.0")
    assert _propose("ZZXX", None) == Proposal(None, ())


def test_arithmetic_reads_in_the_language_asked_for() -> None:
    spec = FORMS["XSFW"]
    inputs = clean_inputs(spec, spec.example.inputs, today=TODAY)
    assert propose(spec, inputs, None).arithmetic == ("天数 = 5", "8 × 5 = 40", "较小者(40, 60) = 40")
    assert propose(spec, inputs, None, language="en").arithmetic[0] == "Days = 5"


def test_cap_per_record_stands_in_the_arithmetic() -> None:
    assert _propose("FBLW", char_count="20000").arithmetic[-1] == "较小者(100.0, 40) = 40"


def test_draft_proposes_nothing_until_the_rule_has_its_values() -> None:
    spec = FORMS["XSFW"]
    inputs = clean_inputs(spec, {"host": "某大学", "start_date": "2026-03-02"}, today=TODAY, draft=True)
    assert inputs["end_date"] is None
    assert propose(spec, inputs, Decimal(8)) == Proposal(None, ())


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-01", "2026-06-30", 6),
        ("2026-01-01", "2026-01-14", 0),
        ("2026-01-01", "2026-01-15", 1),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-01-15", "2026-02-14", 1),
        ("2026-01-15", "2026-02-28", 1),
        ("2026-01-15", "2026-03-01", 2),
        ("2025-12-01", "2026-11-30", 12),
        ("2026-03-02", "2026-03-02", 0),
    ],
)
def test_months_are_whole_and_a_rest_of_15_days_is_one(first: str, last: str, months: int) -> None:
    assert whole_months(date.fromisoformat(first), date.fromisoformat(last)) == months


def test_days_are_calendar_days_inclusive() -> None:
    inputs = {"start_date": date(2026, 2, 27), "end_date": date(2026, 3, 2)}
    assert derived(FORMS["XSFW"], inputs) == {"calendar_days": Decimal(4), "months": Decimal(0)}
    assert derived(FORMS["XSFW"], {}) == {"calendar_days": None, "months": None}
    assert derived(FORMS["FBLW"], {"publish_date": date(2026, 2, 27)}) == {}


def test_every_error_is_told_at_its_field() -> None:
    assert _errors(
        "XSHY",
        conference_name=" ",
        level="村级",
        host="会" * 101,
        start_date="2026-02-30",
        end_date="2026/3/5",
        paper_title="",
        paper_chars="5千",
    ) == {
        "conference_name": "Fill in this field.",
        "level": "Choose one of: 国际、国家级、省级、市级.",
        "host": "At most 100 characters, here are 101.",
        "start_date": "This is not a date; write it as 2026-03-15.",
        "paper_title": "Fill in this field.",
        "paper_chars": "Enter a whole number.",
    }
    assert _errors("XSHY", start_date="2027-01-01", end_date="2026-12-01") == {
        "start_date": "The date lies in the future.",
    }
    assert _errors("XSFW", end_date="2026-03-01") == {"end_date": "The end lies before the start."}
    assert _errors("XSFW", start_date="0026-03-01") == {"start_date": "The date 0026-03-01 cannot be right."}
    assert _errors("FWJC", days="0") == {"days": "At least 0.5."}
    assert _errors("FWJC", days="1.234") == {"days": "Enter a number with at most two decimal places."}
    assert _errors("FWJC", days="NaN") == {"days": "Enter a number with at most two decimal places."}
    assert _errors("GXKPX", exam_score="101") == {"exam_score": "At most 100."}
    assert _errors("XSHY", paper_read="maybe") == {"paper_read": "Enter yes or no."}


def test_paper_fields_are_needed_only_when_a_paper_was_read() -> None:
    inputs = clean_inputs(FORMS["XSHY"], _example("XSHY", paper_read="", paper_title="", paper_chars=""), today=TODAY)
    assert (inputs["paper_read"], inputs["paper_title"], inputs["paper_chars"]) == (False, None, None)


def test_values_are_accepted_as_people_and_workbooks_write_them() -> None:
    changes = {
        "level": " ＮＡＴＩＯＮＡＬ ",
        "start_date": "2026年3月2日",
        "end_date": "2026-03-06 00:00:00",
        "paper_read": "是",
        "paper_chars": "５,200",
    }
    inputs = clean_inputs(FORMS["XSHY"], _example("XSHY", **changes), today=TODAY)
    assert inputs["level"] == "national"
    assert (inputs["start_date"], inputs["end_date"]) == (date(2026, 3, 2), date(2026, 3, 6))
    assert (inputs["paper_read"], inputs["paper_chars"]) == (True, Decimal(5200))
    assert clean_inputs(FORMS["XSHY"], _example("XSHY", start_date="20260302"), today=TODAY)["start_date"] == date(2026, 3, 2)


def test_control_characters_and_line_ends_become_blanks() -> None:
    inputs = clean_inputs(FORMS["QT"], _example("QT", description="岗位\r\n练兵\x00 赛 "), today=TODAY)
    assert inputs["description"] == "岗位 练兵 赛"


def test_codes_of_lists_are_asked_for() -> None:
    spec = FORMS["XLJY"]
    seen: list[tuple[str | None, str]] = []

    def known(field: Any, code: str) -> bool:
        seen.append((field.list_name, code))
        return code == "21"

    assert clean_inputs(spec, spec.example.inputs, today=TODAY, known=known)["edu_level"] == "21"
    assert seen == [("education_level", "21")]
    with pytest.raises(FieldErrors) as caught:
        clean_inputs(spec, _example("XLJY", edu_level="99"), today=TODAY, known=known)
    assert {name: str(error) for name, error in caught.value.errors.items()} == {"edu_level": "Choose an entry of the list."}


@pytest.mark.parametrize("code", FORMS)
def test_stored_inputs_come_back_as_they_were(code: str) -> None:
    spec = FORMS[code]
    inputs = clean_inputs(spec, spec.example.inputs, today=TODAY)
    assert from_stored(spec, json.loads(json.dumps(stored(inputs)))) == inputs


def test_shown_inputs_use_labels_and_choices() -> None:
    spec = FORMS["XSHY"]
    inputs = clean_inputs(spec, spec.example.inputs, today=TODAY)
    assert shown(spec, inputs)[:3] == [
        ("会议名称", "全国水利学术年会"),
        ("会议级别", "国家级"),
        ("主办单位", "中国水利学会"),
    ]
    assert dict(shown(spec, inputs))["是否宣读论文"] == "是"
    assert dict(shown(spec, inputs, language="en"))["A paper was read"] == "Yes"


def test_period_title_and_number_name_fields_of_the_form() -> None:
    assert FORMS["XLJY"].period == ("start_date", "end_date")
    assert FORMS["FBLW"].period == ("publish_date", "publish_date")
    assert {code: spec.number_field for code, spec in FORMS.items() if spec.number_field} == {
        "CBZZ": "isbn",
        "FMZL": "patent_no",
        "KTXM": "project_no",
        "KSZG": "certificate_no",
    }


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("formula",), "8 * dayz", "At character 5: “dayz” is not an input of this form."),
        (("formula",), "min(8 * calendar_days", "At character 4: the formula breaks off"),
        (("cap", "kind"), "per_week", "The learning form XSFW is not complete or not well formed"),
        (("cap", "value"), "-1", "A cap is greater than 0."),
        (("cap", "value"), "many", "The learning form XSFW is not complete or not well formed"),
        (("fields",), None, "The learning form XSFW is not complete or not well formed"),
        (("period",), ["host", "host"], "The learning form XSFW is not complete or not well formed"),
        (("title_field",), "nothing", "The learning form XSFW is not complete or not well formed"),
        (("derived",), ["calendar_days", "weeks"], "The learning form XSFW is not complete or not well formed"),
        (("declaration_type",), "play", "The learning form XSFW is not complete or not well formed"),
    ],
)
def test_an_edited_form_is_checked_as_a_whole(path: tuple[str, ...], value: object, sentence: str) -> None:
    data = deepcopy(next(data for data in DATA if data["code"] == "XSFW"))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(Invalid) as caught:
        parse_form(data)
    assert str(caught.value).startswith(sentence)


def test_caps_are_the_kinds_of_the_table() -> None:
    assert {spec.cap.kind for spec in FORMS.values()} == set(CapKind)
