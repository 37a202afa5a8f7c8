"""The expression language of the hour rules: what it computes, what it refuses and at which place."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.credits.formulas import Formula, Input, InputKind, compile_formula
from models.errors import Invalid

NUMBER = Input(InputKind.NUMBER)
INPUTS = {
    "days": NUMBER,
    "rank": NUMBER,
    "chars": Input(InputKind.NUMBER, optional=True),
    "level": Input(InputKind.TEXT, choices=("national", "provincial")),
    "grade": Input(InputKind.TEXT, choices=("first", "second")),
    "free": Input(InputKind.TEXT),
    "is_read": Input(InputKind.BOOLEAN),
}
VALUES: dict[str, object] = {
    "days": 5,
    "rank": 2,
    "level": "national",
    "grade": "second",
    "free": "x",
    "is_read": True,
}


def _compiled(text: str) -> Formula:
    return compile_formula(text, INPUTS)


def _hours(text: str, **values: object) -> str:
    return str(_compiled(text).hours({**VALUES, **values}))


def _refusal(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        _compiled(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("min(8 * days, 60)", "40.0"),
        ("0.1 * 30", "3.0"),
        ("days / 3", "1.7"),
        ("0.25", "0.3"),
        ("0.05", "0.1"),
        ("0.04", "0.0"),
        ("-days", "0.0"),
        ("max(0, 48 - 6 * (rank - 1))", "42.0"),
        ("ceil(days / 2) + floor(days / 2)", "5.0"),
        ('{"national": 12, "provincial": 8}[level]', "12.0"),
        ('{"national": {"first": 46, "second": 44}, "provincial": {"first": 40, "second": 38}}[level][grade]', "44.0"),
        ("lookup({1: 64, 2: 56}, rank, 0)", "56.0"),
        ('lookup({"national": {1: 64, 2: 56}, "provincial": {1: 56}}[level], rank, 0)', "56.0"),
        ("20 if rank <= 3 else 0", "20.0"),
        ("1 if 1 < rank <= 3 else 0", "1.0"),
        ("1 if not is_read else 2 if days > 4 and rank == 2 else 3", "2.0"),
        ('1 if level == "provincial" or level != "provincial" and is_read else 2', "1.0"),
        ("first(chars, 7)", "7.0"),
        ("ceil(chars / 1000) if given(chars) else 9", "9.0"),
        ("1 if given(chars) and chars > 5 else 3", "3.0"),
        ("  8\n * days\t", "40.0"),
        ('1 if free == "anything" else 2', "2.0"),
        ("9999.9", "9999.9"),
    ],
)
def test_formula_computes(text: str, hours: str) -> None:
    assert _hours(text) == hours


def test_decimals_are_never_binary_fractions() -> None:
    assert _hours("0.1 * 3 * 10 - 3 + 0.1 * days", days=Decimal("0.5")) == "0.1"


def test_rounding_is_half_up_and_only_at_the_end() -> None:
    assert _hours("days / 8", days=Decimal("0.4")) == "0.1"
    assert _hours("days / 8 + days / 8", days=Decimal("0.4")) == "0.1"
    assert _hours("days * 0.05", days=3) == "0.2"


def test_on_paper_proposes_nothing() -> None:
    formula = _compiled("15 * chars if given(chars) else on_paper")
    assert formula.hours({}) is None
    assert formula.hours({"chars": 3}) == Decimal("45.0")
    assert _compiled("on_paper").hours({}) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter a formula."),
        (" \n", "Enter a formula."),
        ("8 * dayz", "At character 5: “dayz” is not an input of this form."),
        ("8 *", "At character 3: the formula breaks off, or a sign is missing or too many."),
        ("min(8, days", "At character 4: the formula breaks off, or a sign is missing or too many."),
        ("min(8，days)", "At character 6: “，” cannot stand in a formula."),
        ("8 × days", "At character 3: “×” cannot stand in a formula."),
        ("8 ** days", "At character 1: “8 ** days” is not part of the formula language."),
        ("8 // days", "At character 1: “8 // days” is not part of the formula language."),
        ("days % 2", "At character 6: “%” cannot stand in a formula."),
        ("days.real", "At character 5: “.” cannot stand in a formula."),
        ("1e9", "At character 1: “1” cannot stand in a formula."),
        ("0x10", "At character 1: “0” cannot stand in a formula."),
        ("1_000", "At character 1: “1” cannot stand in a formula."),
        ("1234567890", "At character 1 (1234567890): the figure has too many digits."),
        ("days := 3", "At character 7: “=” cannot stand in a formula."),
        ("[days]", "At character 1: “[days]” is not part of the formula language."),
        ("(days, 2)", "At character 1: “(days, 2)” is not part of the formula language."),
        ("lambda: 1", "At character 1: “lambda: 1” is not part of the formula language."),
        ("None", "At character 1: “None” is not part of the formula language."),
        ('f"{days}"', 'At character 1: “f"{days}"” is not part of the formula language.'),
        ('b"a" == free', 'At character 1: “b"a"” is not part of the formula language.'),
        ("__import__(1)", "At character 1: there is no function “__import__”; there are min, max, ceil, floor, given, first, lookup."),
        ("max(1)(2)", "At character 1: there is no function “max(1)”; there are min, max, ceil, floor, given, first, lookup."),
        ("min", "At character 1: “min” is not an input of this form."),
        ("min(1)", "At character 1 (min(1)): the function does not take so many values."),
        ("min(1, key=2)", "At character 11: “=” cannot stand in a formula."),
        ("level * 2", "At character 1 (level): a figure is needed here."),
        ("is_read", "At character 1 (is_read): a figure is needed here."),
        ("1 if days else 2", "At character 6 (days): a condition is needed here."),
        ("1 if level > 2 else 3", "At character 6 (level): a figure is needed here."),
        ("1 if level == 2 else 3", "At character 15 (2): the code of a choice is needed here."),
        ('1 if level == "city" else 2', 'At character 15: "city" is none of the choices national, provincial.'),
        ('{"national": 12}[level]', 'At character 1 ({"national": 12}): the table has no row for provincial.'),
        ('{"national": 1, "provincial": 2, "city": 3}[level]',
         'At character 1: {"national": 1, "provincial": 2, "city"… is none of the choices national, provincial.'),
        ('{"national": 12}[free]', 'At character 1 ({"national": 12}): the table has no row for free.'),
        ('{"national": days, "provincial": 1}[level]', "At character 14 (days): the values of a table are figures."),
        ("{days: 1}[level]", "At character 2 (days): the rows of a table begin with a code or a figure."),
        ('{"a": 1, 2: 3}[level]', 'At character 1 ({"a": 1, 2: 3}): a table has rows of one kind, as {"a": 1, "b": 2}.'),
        ("{}[level]", 'At character 1 ({}): a table has rows of one kind, as {"a": 1, "b": 2}.'),
        ("days[level]", 'At character 1 (days): a table is needed here, as {"a": 1, "b": 2}.'),
        ("lookup({1: 2}, level, 0)", "At character 16 (level): a figure is needed here."),
        ("lookup({1: {1: 2}}, rank, 0)", "At character 8 ({1: {1: 2}}): the values of a table are figures."),
        ("chars + 1", "At character 1: “chars” may be empty; write first(chars, 0), or ask given(chars) before."),
        ("chars if given(chars) else chars",
         "At character 28: “chars” may be empty; write first(chars, 0), or ask given(chars) before."),
        ("1 + on_paper", "At character 5: on_paper can only be a whole result, alone or after if and else."),
        ("days / 0", "At character 1 (days / 0): nothing can be divided by 0."),
        ("first(level, 1)", "At character 7 (level): a figure is needed here."),
        ('1 if "国家级" == level else dayz', 'At character 6: "国家级" is none of the choices national, provincial.'),
        ('1 if free == "国家级" else dayz', "At character 25: “dayz” is not an input of this form."),
        ("\n  8 * dayz", "At character 8: “dayz” is not an input of this form."),
    ],
)  # fmt: skip
def test_refusal_names_the_error_and_its_place(text: str, sentence: str) -> None:
    assert _refusal(text) == sentence


@pytest.mark.parametrize(
    "text",
    ["(" * 900 + "1" + ")" * 900, "-" * 1500 + "1", "1" + "+1" * 400, "9" * 1500, "x" * 3000, "min(" * 150 + "1,1" + ")" * 150],
    ids=["brackets", "signs", "sums", "digits", "long", "calls"],
)
def test_overlong_and_deep_formulas_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(Invalid):
        _compiled(text)
    assert time.process_time() - started < 1


def test_huge_results_and_division_by_zero_are_refused_when_computed() -> None:
    nine = "999999999"
    for text in (f"{nine} * {nine}", "10000", "*".join([nine] * 20)):
        with pytest.raises(Invalid, match=r"more than 9999\.9 hours"):
            _compiled(text).hours({})
    for text in ("1 / (days - 5)", "(days - 5) / (days - 5)"):
        with pytest.raises(Invalid, match="divides by 0"):
            _compiled(text).hours(VALUES)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(Invalid, match="The value “days” is missing"):
        _compiled("8 * days").hours({})


def test_a_float_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        _compiled("8 * days").hours({"days": 0.5})


def test_explanation_shows_the_branch_that_was_taken() -> None:
    text = 'min({"national": 5, "provincial": 3}[level] * ceil(chars / 1000), 40) if rank <= 3 else 99'
    formula = compile_formula(text, {**INPUTS, "chars": NUMBER})
    values = {**VALUES, "chars": 5200}
    assert formula.explain(values) == [
        "rank = 2",
        "2 ≤ 3 ✓",
        "level = national",
        "[national] → 5",
        "chars = 5200",
        "5200 ÷ 1000 = 5.2",
        "ceil(5.2) = 6",
        "5 × 6 = 30",
        "min(30, 40) = 30",
    ]
    labels = {"rank": "作者排名", "level": "刊物级别", "level=national": "国家级", "chars": "论文字数", "min()": "较小者"}
    assert formula.explain(values, labels)[-1] == "较小者(30, 40) = 30"
    assert formula.explain(values, labels)[:5] == [
        "作者排名 = 2",
        "2 ≤ 3 ✓",
        "刊物级别 = 国家级",
        "[国家级] → 5",
        "论文字数 = 5200",
    ]
    assert formula.explain({**values, "rank": 4}) == ["rank = 4", "4 ≤ 3 ✗"]


def test_formula_knows_the_inputs_it_uses() -> None:
    assert _compiled("min(8 * days, first(chars, 2))").used == {"days", "chars"}


def test_the_same_text_is_compiled_once() -> None:
    assert _compiled("8 * days") is _compiled("8 * days")


@given(st.text(alphabet="dayslevmink()[]{}\"':,.+-*/<>=! 0123456789_\n首", max_size=60))
def test_any_text_is_either_a_formula_or_an_invalid_one(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(_compiled(text), Formula)
