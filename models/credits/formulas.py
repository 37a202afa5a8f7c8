"""Hour formulas: one safe expression language (simpleeval with Decimals), compiled once, computed with a trace.

A formula is checked when it is compiled (formula_check.py), so computing it can only fail by the values.
"""

from __future__ import annotations

import ast
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from simpleeval import EvalWithCompoundTypes

from models.credits.formula_check import check_formula, names_used
from models.credits.formula_words import ON_PAPER, Input, InputKind
from models.errors import N_, Invalid

__all__ = ["ON_PAPER", "Formula", "Input", "InputKind", "compile_formula"]

MAX_HOURS = Decimal("9999.9")
_TENTH = Decimal("0.1")
_CONTEXT = decimal.Context(prec=28, traps=[decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow])
_PAPER = object()

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "×",
    ast.Div: "÷",
    ast.Eq: "=",
    ast.NotEq: "≠",
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "ceil": lambda value: value.to_integral_value(ROUND_CEILING),
    "floor": lambda value: value.to_integral_value(ROUND_FLOOR),
    "given": lambda value: value is not None,
    "first": lambda value, otherwise: otherwise if value is None else value,
    "lookup": lambda table, key, otherwise: table.get(key, otherwise),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula over declared inputs."""

    text: str
    inputs: Mapping[str, Input]
    used: frozenset[str]
    _tree: ast.Expression = field(repr=False, compare=False)

    def hours(self, values: Mapping[str, object]) -> Decimal | None:
        """Return the hours, never negative, rounded half up to 0.1; None where they stand on paper only.

        Raises Invalid when a needed value is missing, a division is by 0 or the result is beyond 9999.9 hours.
        """
        return self._compute(values, {})[0]

    def explain(self, values: Mapping[str, object], labels: Mapping[str, str] | None = None) -> list[str]:
        """Return the arithmetic line by line; *labels* name inputs (``days``), choices (``level=national``), functions (``min()``)."""
        return self._compute(values, labels or {})[1]

    def _compute(self, values: Mapping[str, object], labels: Mapping[str, str]) -> tuple[Decimal | None, list[str]]:
        names: dict[str, object] = {name: _value(name, self.inputs[name], values.get(name)) for name in self.used}
        evaluator = _Evaluator({**names, ON_PAPER: _PAPER}, labels)
        with decimal.localcontext(_CONTEXT):
            try:
                result = evaluator.eval(self.text, self._tree.body)
            except (decimal.DivisionByZero, decimal.InvalidOperation):
                raise Invalid(N_("The formula divides by 0 with these values.")) from None
            except decimal.Overflow:
                result = MAX_HOURS + 1
        if result is _PAPER:
            return None, evaluator.steps
        if result > MAX_HOURS:
            raise Invalid(N_("The formula gives more than %(most)s hours with these values."), most=MAX_HOURS)
        return max(Decimal(0), result).quantize(_TENTH, ROUND_HALF_UP), evaluator.steps


def compile_formula(text: str, inputs: Mapping[str, Input]) -> Formula:
    """Return the checked formula; raises Invalid that names the error and its place (in characters from 1)."""
    return _compile(text, tuple(sorted(inputs.items())))


@lru_cache(maxsize=512)
def _compile(text: str, inputs: tuple[tuple[str, Input], ...]) -> Formula:
    tree = check_formula(text, dict(inputs))
    return Formula(text, dict(inputs), names_used(tree), tree)


def _value(name: str, declared: Input, value: object) -> object:
    if value is None:
        if declared.optional:
            return None
        raise Invalid(N_("The value “%(name)s” is missing."), name=name)
    if declared.kind is InputKind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise TypeError(f"{name} is {type(value).__name__}, not int or Decimal")
        return Decimal(value)
    return bool(value) if declared.kind is InputKind.BOOLEAN else str(value)


class _Evaluator(EvalWithCompoundTypes):  # type: ignore[misc]
    """simpleeval with our functions only, writing down each step of the branch that was taken."""

    def __init__(self, names: Mapping[str, object], labels: Mapping[str, str]) -> None:
        super().__init__(names=dict(names))
        self.functions = _FUNCTIONS
        self.labels = labels
        self.steps: list[str] = []

    def _note(self, step: str) -> None:
        if step not in self.steps:
            self.steps.append(step)

    def _shown(self, node: ast.expr, value: object) -> str:
        if isinstance(value, bool):
            return "✓" if value else "✗"
        if isinstance(value, Decimal):
            # Without the format, normalize() would show 40 as 4E+1.
            return f"{value.normalize():f}"
        name = node.id if isinstance(node, ast.Name) else ""
        return "—" if value is None else self.labels.get(f"{name}={value}", str(value))

    def _eval_name(self, node: ast.Name) -> object:
        value = super()._eval_name(node)
        if value is not _PAPER:
            self._note(f"{self.labels.get(node.id, node.id)} = {self._shown(node, value)}")
        return value

    def _eval_binop(self, node: ast.BinOp) -> object:
        left, right = self._eval(node.left), self._eval(node.right)
        value = self.operators[type(node.op)](left, right)
        sign = _SIGNS[type(node.op)]
        self._note(f"{self._shown(node, left)} {sign} {self._shown(node, right)} = {self._shown(node, value)}")
        return value

    def _eval_compare(self, node: ast.Compare) -> bool:
        left = self._eval(node.left)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self._eval(right_node)
            holds = bool(self.operators[type(operator)](left, right))
            if isinstance(left, Decimal):
                sign, mark = _SIGNS[type(operator)], "✓" if holds else "✗"
                self._note(f"{self._shown(node, left)} {sign} {self._shown(node, right)} {mark}")
            if not holds:
                return False
            left = right
        return True

    def _eval_subscript(self, node: ast.Subscript) -> object:
        value = super()._eval_subscript(node)
        if isinstance(value, Decimal):
            self._note(f"[{self._shown(node.slice, self._eval(node.slice))}] → {self._shown(node, value)}")
        return value

    def _eval_call(self, node: ast.Call) -> object:
        arguments = [self._eval(argument) for argument in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        value = self.functions[name](*arguments)
        if name == "lookup":
            self._note(f"[{self._shown(node.args[1], arguments[1])}] → {self._shown(node, value)}")
        elif name in ("min", "max", "ceil", "floor"):
            shown = ", ".join(self._shown(node, argument) for argument in arguments)
            self._note(f"{self.labels.get(f'{name}()', name)}({shown}) = {self._shown(node, value)}")
        return value
