"""Search tokens of names: bigrams, whole pinyin, initials; and the token that a typed fragment is looked up by."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from pypinyin import lazy_pinyin

LONGEST = 60
"""Of a token, as its column holds it."""

# Read otherwise as a surname than as a word.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "盖": "ge", "区": "ou", "查": "zha", "任": "ren", "朴": "piao", "翟": "zhai",
    "尉": "wei", "秘": "bi", "冼": "xian", "覃": "qin", "召": "shao", "员": "yun", "乐": "yue", "黑": "he", "重": "chong", "繁": "po",
    "缪": "miao", "种": "chong", "折": "she", "燕": "yan", "华": "hua", "宁": "ning", "牟": "mu", "应": "ying", "隗": "wei", "瞿": "qu",
    "祭": "zhai", "柏": "bai", "葛": "ge", "那": "na", "谌": "chen", "能": "nai", "撒": "sa", "佴": "nai", "阚": "kan", "逄": "pang",
}
_DOUBLE_SURNAMES = {
    "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "长孙": ("zhang", "sun"), "澹台": ("tan", "tai"), "单于": ("chan", "yu"),
    "宿六": ("su", "lu"), "令狐": ("ling", "hu"), "呼延": ("hu", "yan"),
}


def folded(name: str) -> str:
    """Return *name* as it is searched: NFKC, lower case, letters and digits only."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).lower() if c.isalnum())


@lru_cache(maxsize=20_000)
def _reading(character: str) -> str:
    return "".join(lazy_pinyin(character)).lower()


def readings_of(name: str) -> tuple[str, ...]:
    """Return the pinyin of each character of a folded name, surnames as surnames are read."""
    double = _DOUBLE_SURNAMES.get(name[:2])
    if double:
        return (*double, *(_reading(c) for c in name[2:]))
    first = _SURNAMES.get(name[:1]) if len(name) > 1 else None
    return ((first or _reading(name[0])), *(_reading(c) for c in name[1:])) if name else ()


def tokens_of(name: str) -> list[str]:
    """Return the tokens under which a person of that name is found: the first character, each pair, pinyin, initials."""
    plain = folded(name)
    if not plain:
        return []
    pairs = {plain[i : i + 2] for i in range(len(plain) - 1)}
    tokens = {plain[0], *pairs}
    if not plain.isascii():
        readings = readings_of(plain)
        tokens |= {"".join(readings)[:LONGEST], "".join(r[0] for r in readings if r)[:LONGEST]}
    else:
        tokens.add(plain[:LONGEST])
    return sorted(tokens)


def fragment_tokens(text: str) -> list[str]:
    """Return the tokens that a person must all have to be found by a typed fragment; empty for an empty one.

    A fragment of Latin letters is one token, to be looked up by prefix; of Chinese characters its pairs, each exact.
    """
    plain = folded(text)
    if plain.isascii() or len(plain) < 2:
        return [plain[:LONGEST]] if plain else []
    return [plain[i : i + 2] for i in range(len(plain) - 1)]
