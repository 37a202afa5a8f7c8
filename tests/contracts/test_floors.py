"""The floors and areas of pyproject.toml hold, and nothing lies where a stranger would not look for it."""

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
TOP = {
    ".ci", ".editorconfig", ".gitattributes", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "admin_app", "docs",
    "models", "pyproject.toml", "requirements-dev.lock", "requirements.lock", "seed", "templates", "tests", "views",
}  # fmt: skip
MADE_HERE = {".git", ".venv", "instance", "test-results"}
SAYS_NOTHING = {"util", "utils", "helpers", "helper", "common", "misc"}


def sources(*folders: str) -> list[Path]:
    """Return the Python files of the folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_point_down_only() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_top_level_stays_as_it_is() -> None:
    caches = {path.name for path in ROOT.glob(".*_cache")} | {".hypothesis"}
    assert {path.name for path in ROOT.iterdir()} - TOP - MADE_HERE - caches == set()


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = {path.stem for path in sources("admin_app", "models", "seed", "tests", "views")}
    assert named & SAYS_NOTHING == set()


def test_the_package_only_shows_the_factory() -> None:
    lines = (ROOT / "admin_app" / "__init__.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith('"""')]
    assert code == ["from admin_app.factory import create_app", '__all__ = ["create_app"]']


def test_templates_make_no_query() -> None:
    asking = (".query.", ".filter_by(", "session.", "select(", "current_user", ".scalars", ".require(")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        for word in asking
        if any(word in code for code in _code_of(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def _code_of(template: str) -> list[str]:
    parts = template.replace("{{", "{%").replace("}}", "%}").split("{%")[1:]
    return [part.split("%}")[0] for part in parts]
