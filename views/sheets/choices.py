"""The words of coded columns: what a drop-down list offers, and which code somebody's word means."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

from flask_babel import force_locale, gettext

from views.codes import REGIONS, headings, names
from views.sheets.columns import Column

LOCALES = ("zh_Hans_CN", "en")


def folded(text: str) -> str:
    """Return *text* as words are compared: NFKC, no blanks, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


@dataclass(frozen=True)
class Choices:
    """The choices of one coded column in one language; both languages and the code itself are understood."""

    options: tuple[str, ...]  # words in the order of the list
    by_code: dict[str, str]  # code -> word
    by_word: dict[str, str]  # folded word, in any language, or code -> code

    def find(self, text: str) -> str | None:
        """Return the code that *text* means, None when it is none of the choices."""
        return self.by_word.get(text) or self.by_word.get(folded(text)) or None


def choices_of(column: Column, language: str) -> Choices:
    """Return the choices of a coded *column* in the language of the reader."""
    pairs = _pairs(column)
    place = LOCALES.index(language) if language in LOCALES else 0
    double = {word for word, n in Counter(words[place] for words in pairs.values()).items() if n > 1}
    by_code = {
        code: f"{words[place]} ({code})" if words[place] in double or column.codes == REGIONS else words[place]
        for code, words in pairs.items()
    }
    by_word: dict[str, str] = {}
    for code, words in pairs.items():
        for word in (*words, *(f"{w} ({code})" for w in words), code):
            # A word that two codes share means neither; with the code behind it, it does.
            known = by_word.setdefault(folded(word), code)
            if known != code:
                by_word[folded(word)] = ""
    by_word |= {folded(word): code for word, code in column.also.items() if code in pairs}
    by_word |= {folded(code): code for code in pairs}
    return Choices(tuple(by_code.values()), by_code, by_word)


def example_of(column: Column, choices: Choices) -> str:
    """Return the code that a coded column shows in the example row: its own, or the first one where some code is required."""
    return column.example or (next(iter(choices.by_code), "") if column.is_required else "")


def _pairs(column: Column) -> dict[str, tuple[str, str]]:
    if not column.codes:
        return {code: (_in("zh_Hans_CN", word), _in("en", word)) for code, word in column.choices.items()}
    left_out = headings(column.codes)
    return {code: words for code, words in names(column.codes).items() if code not in left_out}


def _in(language: str, message_id: str) -> str:
    with force_locale(language):
        return str(gettext(message_id))


def all_words(message_id: str) -> tuple[str, ...]:
    """Return a message in every language: headings are understood in each."""
    return tuple(_in(language, message_id) for language in LOCALES)
