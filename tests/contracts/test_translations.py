"""Every text of the interface has its Chinese words, with the same placeholders; English stands in the code itself."""

import re
from collections.abc import Iterator
from functools import cache

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.contracts.test_floors import ROOT

FOLDER = ROOT / "admin_app" / "translations"
PO = FOLDER / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "_l": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


@cache
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def _mapping() -> list[tuple[str, str]]:
    lines = (FOLDER / "babel.cfg").read_text().splitlines()
    found = [re.fullmatch(r"\[(\w+): (.+)\]", line) for line in lines]
    return [(match[2], match[1]) for match in found if match]


@cache
def in_use() -> dict[str, str]:
    """Return every message id of the code and the templates, with a place where it stands."""
    found = {}
    mapping = _mapping()
    for folder in ("admin_app", "models", "seed", "templates", "views"):
        patterns = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in mapping if pattern.startswith(folder)]
        for name, line, message, _comments, _context in extract_from_dir(
            ROOT / folder, patterns, keywords=KEYWORDS, comment_tags=()
        ):
            for text in [message] if isinstance(message, str) else message:
                found[text] = f"{folder}/{name}:{line}"
    return found


def _translations() -> Iterator[tuple[str, str]]:
    for message in catalogue():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            yield from ((str(text), str(words[0])) for text in ids)


def test_every_text_in_use_has_its_chinese_words() -> None:
    translated = {text for text, words in _translations() if words}
    assert {text: place for text, place in in_use().items() if text and text not in translated} == {}


def test_the_catalogue_holds_nothing_uncertain_and_nothing_that_has_gone() -> None:
    assert [message.id for message in catalogue() if message.fuzzy and message.id] == []
    assert sorted(text for text, _words in _translations() if text not in in_use()) == []


def test_the_placeholders_are_the_same_in_both_languages() -> None:
    different = {
        text: words for text, words in _translations() if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(words))
    }
    assert different == {}
