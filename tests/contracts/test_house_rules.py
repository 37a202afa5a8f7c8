"""What the house style asks and a linter cannot say: where exactly an exception may stand, and how long things may be."""

import ast
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.contracts.test_floors import ROOT, sources

PRODUCT = ("admin_app", "models", "seed", "views")
MAX_LINES = 400
MAX_FUNCTION_LINES = 60

# Ways into the database that pass the row scope by; every one was tried and found open.
PASSES_BY = {
    "bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings", "exec_driver_sql", "from_select", "from_statement",
    "merge", "on_conflict_do_nothing", "on_conflict_do_update",
}  # fmt: skip
MAY_PASS_BY = (
    "models/scope/*",
    "models/bulk.py",
    "models/statistics/*",
    "admin_app/database.py",
    "admin_app/migrations/*",
    "admin_app/backups/snapshots.py",
    "seed/scale*",
)

# The banned names of pyproject.toml (TID251): file or folder where each may stand. Ruff knows only files, not names.
ALLOWED = {
    "sqla.ModelView": {"views/admin/base.py"},
    "current_user": {"views/actor.py"},
    "datetime.now": {"models/base.py"},
    "datetime.utcnow": set(),
    "datetime.today": set(),
    "date.today": set(),
    "time.time": set(),
    "sqlalchemy.text": {*MAY_PASS_BY, "models/*tables.py"},  # of a table: the condition of an index
}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_in(path: Path, places: Iterable[str]) -> bool:
    return any(fnmatch(_name(path), place) for place in places)


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _imported(tree: ast.AST) -> dict[str, str]:
    """Return what each local name of a module stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def _used_names(path: Path) -> set[str]:
    """Return the full dotted names that a module uses."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = _imported(tree)
    used = set(imported.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            used.add(f"{imported.get(first, first)}.{rest}")
    return used


@pytest.mark.parametrize("banned", ALLOWED)
def test_a_banned_name_stands_only_where_it_may(banned: str) -> None:
    found = {
        _name(path)
        for path in sources(*PRODUCT)
        if any(name == banned or name.endswith("." + banned) for name in _used_names(path)) and not _is_in(path, ALLOWED[banned])
    }
    assert found == set()


def test_only_the_unit_of_work_commits_the_session_of_a_request() -> None:
    found = [
        _name(path)
        for path in sources("views", "seed", "admin_app")
        if re.search(r"\bsession(\(\))?\.commit\(", path.read_text())
    ]
    assert found == []


def test_nothing_passes_the_row_scope_by() -> None:
    found = []
    for path in sources(*PRODUCT):
        if _is_in(path, MAY_PASS_BY):
            continue
        found += [
            f"{_name(path)}:{node.lineno} {node.func.attr}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PASSES_BY
        ]
    assert found == []


def test_only_the_scope_writes_at_the_speed_of_the_driver() -> None:
    fast = {f"models.bulk.{name}" for name in ("insert_rows", "load_rows", "update_rows")}
    found = {_name(path) for path in sources(*PRODUCT) if _used_names(path) & fast}
    assert found == {"models/scope/many.py"}


def test_nobody_opens_a_connection_of_its_own() -> None:
    places = (*MAY_PASS_BY, "admin_app/schema.py")
    found = [_name(path) for path in sources(*PRODUCT) if "engine.connect" in path.read_text() and not _is_in(path, places)]
    assert found == []


def test_files_are_short_enough_to_be_read() -> None:
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*PRODUCT, "tests")}
    migrations = "admin_app/migrations/versions/"
    assert {name: n for name, n in lengths.items() if n > MAX_LINES and not name.startswith(migrations)} == {}


def test_functions_are_short_enough_to_be_read() -> None:
    found = {
        f"{_name(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno
        for path in sources(*PRODUCT, "tests")
        if not _name(path).startswith("admin_app/migrations/versions/")
        for node in _functions(path)
    }
    assert {place: n for place, n in found.items() if n > MAX_FUNCTION_LINES} == {}


def test_no_function_is_a_stub() -> None:
    found = []
    for path in sources(*PRODUCT):
        for node in _functions(path):
            body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
            if body and all(isinstance(part, ast.Pass) or "NotImplementedError" in ast.unparse(part) for part in body):
                found.append(f"{_name(path)}:{node.lineno} {node.name}")
    assert found == []


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    found = [
        f"{_name(path)}:{number}"
        for path in sources(*PRODUCT)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "# noqa" in line and not re.search(r"# noqa: [A-Z0-9, ]+ - \S", line)
    ]
    assert found == []


def test_every_test_asserts_something() -> None:
    found = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in sources("tests")
        for node in _functions(path)
        if node.name.startswith("test_") and not re.search(r"assert|raises|expect|check|wait_until", ast.unparse(node))
    ]
    assert found == []
