"""The check of an hour formula before it is ever computed: which kinds fit, and at which place not."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.credits import formula_words as words
from models.credits.formula_words import ON_PAPER, Input, InputKind, Source, source_of

_MAX_DEPTH = 30
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class _Type:
    """What an expression yields: the kind of an input or ``table``; keys and values are those of a table."""

    kind: str
    choices: tuple[str, ...] = ()
    keys: frozenset[object] = frozenset()
    values: _Type | None = None


_TABLE = "table"
_NUMBER = _Type(InputKind.NUMBER)
_TEXT = _Type(InputKind.TEXT)
_BOOLEAN = _Type(InputKind.BOOLEAN)

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_EQUALS = (ast.Eq, ast.NotEq)
_NEEDED = {
    InputKind.NUMBER: words.FIGURE_NEEDED,
    InputKind.TEXT: words.CODE_NEEDED,
    InputKind.BOOLEAN: words.CONDITION_NEEDED,
}


def check_formula(text: str, inputs: Mapping[str, Input]) -> ast.Expression:
    """Return the tree of a formula, its figures as Decimals; raises Invalid with the place of the first error."""
    source = source_of(text)
    tree = source.parse()
    _check_depth(source, tree)
    _Checker(source, inputs).result(tree.body)
    return tree


def names_used(tree: ast.Expression) -> frozenset[str]:
    """Return the inputs that a checked formula names."""
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions}
    return frozenset(names - {ON_PAPER})


class _Checker:
    """Walk a tree once and give each node its type."""

    def __init__(self, source: Source, inputs: Mapping[str, Input]) -> None:
        self.source = source
        self.inputs = inputs
        self.given: frozenset[str] = frozenset()  # optional inputs that are known not to be empty here
        self._rules: dict[type[ast.expr], Callable[..., _Type]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BinOp: self._arithmetic,
            ast.UnaryOp: self._sign_or_not,
            ast.BoolOp: self._and_or,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
            ast.Subscript: self._look_up,
            ast.Dict: self._table,
            ast.Call: self._call,
        }
        self._functions: dict[str, tuple[range, Callable[[ast.Call], _Type]]] = {
            "min": (range(2, 10), self._of_numbers),
            "max": (range(2, 10), self._of_numbers),
            "ceil": (range(1, 2), self._of_numbers),
            "floor": (range(1, 2), self._of_numbers),
            "given": (range(1, 2), self._given),
            "first": (range(2, 3), self._first),
            "lookup": (range(3, 4), self._look_up_or_else),
        }

    def result(self, node: ast.expr) -> None:
        """Check a node whose value is the result: a figure, or on_paper."""
        if isinstance(node, ast.Name) and node.id == ON_PAPER:
            return
        if isinstance(node, ast.IfExp):
            self._branches(node, self.result)
        else:
            self.need(node, InputKind.NUMBER)

    def need(self, node: ast.expr, kind: str) -> _Type:
        found = self.of(node)
        if found.kind != kind:
            raise self.source.error(words.TABLE_NEEDED if kind == _TABLE else _NEEDED[InputKind(kind)], node)
        return found

    def of(self, node: ast.expr) -> _Type:
        rule = self._rules.get(type(node))
        if rule is None:
            raise self.source.error(words.NOT_IN_LANGUAGE, node)
        return rule(node)

    def _constant(self, node: ast.Constant) -> _Type:
        value: object = node.value
        if isinstance(value, Decimal):  # looked at before, as the key of a table is
            return _NUMBER
        if isinstance(value, bool):
            return _BOOLEAN
        if isinstance(value, str):
            return _TEXT
        if isinstance(value, int | float):
            literal = self.source.part(node)
            if len(literal) > _MAX_DIGITS:
                raise self.source.error(words.TOO_MANY_DIGITS, node)
            # Computing with binary fractions would make 30 x 0.1 something else than 3.
            node.value = Decimal(literal)  # type: ignore[assignment]
            return _NUMBER
        raise self.source.error(words.NOT_IN_LANGUAGE, node)

    def _name(self, node: ast.Name) -> _Type:
        if node.id == ON_PAPER:
            raise self.source.error(words.ON_PAPER_INSIDE, node)
        declared = self._declared(node)
        if declared.optional and node.id not in self.given:
            raise self.source.error(words.MAY_BE_EMPTY, node)
        return _Type(declared.kind, choices=declared.choices)

    def _declared(self, node: ast.expr) -> Input:
        declared = self.inputs.get(node.id) if isinstance(node, ast.Name) else None
        if declared is None:
            raise self.source.error(words.NO_INPUT, node)
        return declared

    def _arithmetic(self, node: ast.BinOp) -> _Type:
        if not isinstance(node.op, _ARITHMETIC):
            raise self.source.error(words.NOT_IN_LANGUAGE, node)
        self.need(node.left, InputKind.NUMBER)
        self.need(node.right, InputKind.NUMBER)
        if isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant) and node.right.value == 0:
            raise self.source.error(words.DIVISION_BY_ZERO, node)
        return _NUMBER

    def _sign_or_not(self, node: ast.UnaryOp) -> _Type:
        return self.need(node.operand, InputKind.BOOLEAN if isinstance(node.op, ast.Not) else InputKind.NUMBER)

    def _and_or(self, node: ast.BoolOp) -> _Type:
        before = self.given
        for value in node.values:
            self.need(value, InputKind.BOOLEAN)
            if isinstance(node.op, ast.And):
                self.given |= frozenset(_asked(value))
        self.given = before
        return _BOOLEAN

    def _comparison(self, node: ast.Compare) -> _Type:
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(operator, _EQUALS):
                self._same(left, right)
            elif isinstance(operator, _ORDERS):
                self.need(left, InputKind.NUMBER)
                self.need(right, InputKind.NUMBER)
            else:
                raise self.source.error(words.NOT_IN_LANGUAGE, node)
        return _BOOLEAN

    def _same(self, left: ast.expr, right: ast.expr) -> None:
        found = self.of(left)
        other = self.need(right if found.kind != _TABLE else left, InputKind.NUMBER if found.kind == _TABLE else found.kind)
        for node, type_ in ((right, found), (left, other)):
            if isinstance(node, ast.Constant) and type_.choices and node.value not in type_.choices:
                raise self.source.error(words.NO_CHOICE, node, choices=", ".join(type_.choices))

    def _choice(self, node: ast.IfExp) -> _Type:
        self._branches(node, lambda branch: self.need(branch, InputKind.NUMBER))
        return _NUMBER

    def _branches(self, node: ast.IfExp, check: Callable[[ast.expr], object]) -> None:
        self.need(node.test, InputKind.BOOLEAN)
        before = self.given
        self.given = before | frozenset(_asked(node.test))
        check(node.body)
        self.given = before
        check(node.orelse)

    def _table(self, node: ast.Dict) -> _Type:
        keys = [self._table_key(key, node) for key in node.keys]
        values = [self._table_value(value) for value in node.values]
        kinds = {(type(key), value.kind) for key, value in zip(keys, values, strict=True)}
        if len(kinds) != 1:
            raise self.source.error(words.TABLE_MIXED, node)
        inner = values[0]
        if inner.kind == _TABLE:
            inner = _Type(_TABLE, keys=frozenset.intersection(*(v.keys for v in values)), values=inner.values)
        return _Type(_TABLE, keys=frozenset(keys), values=inner)

    def _table_key(self, key: ast.expr | None, node: ast.Dict) -> object:
        if not isinstance(key, ast.Constant) or self.of(key).kind == InputKind.BOOLEAN:
            raise self.source.error(words.TABLE_KEY, key or node)
        return key.value

    def _table_value(self, value: ast.expr) -> _Type:
        found = self.of(value)
        if not isinstance(value, ast.Constant | ast.Dict) or found.kind not in (InputKind.NUMBER, _TABLE):
            raise self.source.error(words.TABLE_VALUE, value)
        return found

    def _look_up(self, node: ast.Subscript) -> _Type:
        table = self._rows(node.value, self.need(node.slice, InputKind.TEXT), node.slice)
        missing = [
            choice for choice in self.of(node.slice).choices or (self.source.part(node.slice),) if choice not in table.keys
        ]
        if missing:
            raise self.source.error(words.TABLE_LACKS, node.value, missing=", ".join(missing))
        return table.values or _NUMBER

    def _rows(self, node: ast.expr, key: _Type, key_node: ast.expr) -> _Type:
        """Return the type of a table whose rows are of the key's kind and among its choices."""
        table = self.need(node, _TABLE)
        textual = any(isinstance(row, str) for row in table.keys)
        if textual != (key.kind == InputKind.TEXT):
            raise self.source.error(words.CODE_NEEDED if textual else words.FIGURE_NEEDED, key_node)
        for row in table.keys if key.choices else ():
            if row not in key.choices:
                raise self.source.error(words.NO_CHOICE, node, choices=", ".join(key.choices))
        return table

    def _call(self, node: ast.Call) -> _Type:
        known = self._functions.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if known is None:
            raise self.source.error(words.NO_FUNCTION, node.func, functions=", ".join(self._functions))
        if len(node.args) not in known[0] or node.keywords:
            raise self.source.error(words.WRONG_NUMBER_OF_VALUES, node)
        return known[1](node)

    def _of_numbers(self, node: ast.Call) -> _Type:
        for argument in node.args:
            self.need(argument, InputKind.NUMBER)
        return _NUMBER

    def _given(self, node: ast.Call) -> _Type:
        self._declared(node.args[0])
        return _BOOLEAN

    def _first(self, node: ast.Call) -> _Type:
        if self._declared(node.args[0]).kind is not InputKind.NUMBER:
            raise self.source.error(words.FIGURE_NEEDED, node.args[0])
        return self.need(node.args[1], InputKind.NUMBER)

    def _look_up_or_else(self, node: ast.Call) -> _Type:
        table = self._rows(node.args[0], self.of(node.args[1]), node.args[1])
        if table.values != _NUMBER:
            raise self.source.error(words.TABLE_VALUE, node.args[0])
        return self.need(node.args[2], InputKind.NUMBER)


def _check_depth(source: Source, tree: ast.Expression) -> None:
    """Refuse deep nesting before anything walks the tree recursively."""
    level: list[ast.expr] = [tree.body]
    for _depth in range(_MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return
    raise source.error(words.TOO_DEEP, level[0])


def _asked(test: ast.expr) -> Iterator[str]:
    """Yield the inputs that are given wherever *test* holds."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _asked(value)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "given":
        yield from (argument.id for argument in test.args if isinstance(argument, ast.Name))
