"""Templates and static files: no inline script, style or handler, every posted form with its keys, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in (ROOT / "templates").rglob("*.html") if "documents" not in p.parts and "emails" not in p.parts)
SCRIPTS = sorted((ROOT / "admin_app" / "static").rglob("*.js"))
STYLES = sorted((ROOT / "admin_app" / "static").rglob("*.css"))
STATIC = sorted(p for p in (ROOT / "admin_app" / "static").rglob("*") if p.is_file())
WITH_KEYS = ("form_keys()", "render_form(", "credentials(")
"""The macros that write them."""
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("template", PAGES, ids=named)
def test_a_page_has_no_inline_script_style_or_handler(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"<style\b|\sstyle=", text) == []
    assert re.findall(r"\son[a-z]+\s*=\s*[\"']", text) == []
    assert re.findall(r"(?:href|src|action)=\"javascript:", text) == []
    assert re.findall(r"(?:href|src)=\"(?:https?:)?//", text) == []


@pytest.mark.parametrize("template", PAGES, ids=named)
def test_a_posted_form_carries_the_token_and_the_position(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, re.DOTALL):
        has_keys = any(m in form for m in WITH_KEYS) or ("csrf_token()" in form and "position_key()" in form)
        assert has_keys, form[:200]


@pytest.mark.parametrize("template", PAGES, ids=named)
def test_a_page_has_its_heading_from_the_layout_alone(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    bases = {"admin/base.html", "portal/base.html", "public/base.html", "support/base.html"}
    assert ("<h1" in text) == (template.relative_to(ROOT / "templates").as_posix() in bases)


def test_colours_stand_in_the_tokens_alone() -> None:
    found = {
        named(style): sorted(set(COLOUR.findall(style.read_text(encoding="utf-8"))))
        for style in STYLES
        if style.name != "tokens.css"
    }
    # White on a coloured button, and the shade behind a dialog, are the same in every mode.
    assert {name: colours for name, colours in found.items() if set(colours) - {"#fff", "rgb("}} == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_a_script_makes_no_code_out_of_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"\beval\(|new Function|innerHTML|outerHTML\s*=|document\.write|insertAdjacentHTML", text) == []
    assert re.findall(r"https?://(?!www\.w3\.org/)", text) == []


def test_static_files_are_small_and_without_source_maps() -> None:
    assert [named(p) for p in STATIC if p.stat().st_size > 1_500_000 or p.suffix == ".map"] == []


def test_every_icon_that_a_page_names_exists() -> None:
    known = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "admin_app/static/img/icons.svg").read_text(encoding="utf-8")))
    used = {name for page in PAGES for name in re.findall(r'icon\("(\w+)"\)', page.read_text(encoding="utf-8"))}
    views = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "views").rglob("*.py"))
    used |= set(re.findall(r'\bicon\s*=\s*"(\w+)"', views)) | set(
        re.findall(r'PortalItem\((?:[^()]|\([^)]*\))*?,\s*"(\w+)"\)', views)
    )
    assert sorted(used - known) == []
