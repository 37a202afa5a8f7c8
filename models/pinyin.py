"""Search of names: pinyin with surnames read right, the tokens stored for a name, the tokens of what somebody typed.

pypinyin reads single characters; what it reads wrong as a surname (单 as dan, 仇 as chou) stands in our own table.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product

# The words that pypinyin knows take 45 MB of each process; names are read character by character.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
from pypinyin import lazy_pinyin

from models.text import HAN, compact

_LONGEST = 60
"""Characters of a stored token."""

_MOST_READINGS = 4
"""Whole spellings that are stored for one name."""

# Surnames that pypinyin reads otherwise, and those of two characters. The first reading is the one that is shown and
# sorted by; people search by the others too.
_SURNAME_READINGS = """
单=shan 曾=zeng 仇=qiu 解=xie 盖=ge/gai 查=zha 区=ou 朴=piao 翟=zhai 种=chong 缪=miao 召=shao 覃=qin/tan 繁=po 员=yun
秘=bi 折=she 黑=he 祭=zhai 隗=wei/kui 佴=nai 都=du 卜=bu 郇=xun/huan 句=gou 郗=xi/chi 郄=qie/xi 粘=nian 适=kuo 乜=nie
洗=xian 薄=bo 藏=zang 角=jue 莘=shen/xin 炅=gui 能=nai 重=chong 乐=yue/le 牟=mou/mu 谌=chen/shen 宓=mi/fu 任=ren 尉=wei
华=hua 燕=yan 葛=ge 车=che 石=shi 沈=shen 盛=sheng 贾=jia 冯=feng 过=guo 那=na 宁=ning 柏=bai/bo 应=ying 占=zhan 纪=ji
宿=su 贲=ben 强=qiang 相=xiang 曲=qu 谷=gu 长=zhang/chang 降=jiang 大=da 晁=chao 要=yao 幺=yao 么=yao 蔚=yu/wei
尉迟=yuchi 万俟=moqi 长孙=zhangsun 澹台=tantai 单于=chanyu 令狐=linghu 皇甫=huangfu 乐正=yuezheng 宰父=zaifu 欧阳=ouyang
司马=sima 司徒=situ 司空=sikong 诸葛=zhuge 上官=shangguan 夏侯=xiahou 东方=dongfang 公孙=gongsun 慕容=murong 宇文=yuwen
鲜于=xianyu 闻人=wenren 赫连=helian 呼延=huyan 端木=duanmu 百里=baili 南宫=nangong 西门=ximen 东郭=dongguo 轩辕=xuanyuan
独孤=dugu 拓跋=tuoba 申屠=shentu 太史=taishi 公冶=gongye 仲孙=zhongsun 钟离=zhongli 濮阳=puyang 淳于=chunyu 太叔=taishu
亓官=qiguan 左丘=zuoqiu 梁丘=liangqiu 谷梁=guliang 段干=duangan 漆雕=qidiao 公西=gongxi 巫马=wuma 颛孙=zhuansun
闾丘=lvqiu 羊舌=yangshe 宗政=zongzheng 呼衍=huyan 第五=diwu
"""
# Characters of given names with more than one reading; the first is the usual one in names.
_GIVEN_READINGS = """
晟=sheng/cheng 茜=qian/xi 乐=le/yue 朝=zhao/chao 重=chong/zhong 长=chang/zhang 行=xing/hang 盛=sheng 莘=xin/shen
柏=bo/bai 曾=zeng 单=shan/dan 传=chuan 翟=zhai/di 卜=bu/bo 朴=pu 省=xing/sheng 炅=jiong/gui
"""


def _read(characters: str | list[str]) -> list[str]:
    """Return one syllable for each character; one that pypinyin does not know stands for itself."""
    # A list keeps a run of unknown characters apart; the library takes one, its types say only str.
    return list(lazy_pinyin(characters, errors=list))  # type: ignore[arg-type]


def _table(text: str) -> dict[str, tuple[str, ...]]:
    entries = (entry.split("=") for entry in text.split())
    return {characters: tuple(readings.split("/")) for characters, readings in entries}


_SURNAMES = _table(_SURNAME_READINGS)
_GIVEN = _table(_GIVEN_READINGS)

_HAN = re.compile(f"{HAN}+")
_PLAIN_HAN = re.compile(r"[\u4e00-\u9fff]+")  # what most names are: nothing to bring into one form
_NYU = re.compile("(?<![aeiouv])nyu")  # after a vowel the n ends its syllable: jinyu, renyuan
_WORDS = re.compile(r"[a-z]+")
_PARTS = re.compile(f"{_HAN.pattern}|{_WORDS.pattern}")


@dataclass(frozen=True, slots=True)
class Query:
    """What to look up: rows must have **all** tokens; ``needs_filter``: they may still lack ``text`` as one piece."""

    tokens: tuple[str, ...]
    needs_filter: bool
    text: str


def pinyin(name: str) -> str:
    """Return the whole name in pinyin without tones or blanks, ü as v: 单小明 is ``shanxiaoming``."""
    return "".join(syllables for _character, syllables in _spelled(name))


def initials(name: str) -> str:
    """Return the first letter of each character: 欧阳修 is ``oyx``."""
    return "".join(_first_letters(_spelled(name)))


def surname(name: str) -> str:
    """Return the surname of a Chinese name, of two characters where it is a known one."""
    han = _han(name)
    return han[:2] if len(han) > 2 and han[:2] in _SURNAMES else han[:1]


def name_tokens(name: str) -> frozenset[str]:
    """Return the tokens stored for a name: surname, pairs of characters, pinyin by syllables from the front, initials."""
    return _plain_tokens(name) or _all_tokens(name)


def _plain_tokens(name: str) -> frozenset[str] | None:
    """Return the tokens of a short name of plain characters that is read in one way, as most are; None for any other."""
    if len(name) >= 8 or not _PLAIN_HAN.fullmatch(name):
        return None
    first = name[:2] if len(name) > 2 and name[:2] in _SURNAMES else name[:1]
    readings = _surname_readings(first)
    if len(readings) > 1:
        return None
    spelled, letters = readings[0]
    tokens = {name[:1], first, spelled, *_pairs(name)}
    for character in name[len(first) :]:
        given = _given_readings(character)
        if len(given) > 1:
            return None
        spelled += given[0]
        letters += given[0][0]
        tokens.add(spelled)
    tokens.add(letters)
    return frozenset(tokens)


def _all_tokens(name: str) -> frozenset[str]:
    han = _han(name)
    tokens = {han[:1], surname(name), *_pairs(han)}
    for spelled in _spellings(name):
        tokens.update(accumulate(syllable for _character, syllable in spelled))
        tokens.add("".join(_first_letters(spelled)))
    tokens.discard("")
    return frozenset(tokens) if len(name) < 8 else frozenset(token[:_LONGEST] for token in tokens)


def query_tokens(text: str) -> Query:
    """Return what to look up for what somebody typed: characters, pinyin or initials, mixed, in any width and case."""
    typed = _normal(text)
    han = "".join(_HAN.findall(typed))
    letters = "".join(_WORDS.findall(typed))
    if not letters:
        pairs = tuple(dict.fromkeys(_pairs(han))) or ((han,) if han else ())
        return Query(pairs, needs_filter=len(han) > 2, text=han)
    if not han:
        return Query((letters[:_LONGEST],), needs_filter=len(letters) > _LONGEST, text=letters)
    # 王xm and 王xiaoming: the letters go on where the characters end.
    start = pinyin(han) if re.search("[aeiouv]", letters) else initials(han)
    pairs = tuple(dict.fromkeys(_pairs(han))) or (han,)
    return Query((*pairs, (start + letters)[:_LONGEST]), needs_filter=len(han) > 2, text=han)


def _normal(text: str) -> str:
    if _PLAIN_HAN.fullmatch(text):
        return text
    lower = compact(text.replace("ü", "v").replace("Ü", "v")).lower()
    return _NYU.sub("nv", lower.replace("lyu", "lv"))


def _han(name: str) -> str:
    return "".join(_HAN.findall(_normal(name)))


def _pairs(han: str) -> list[str]:
    return [han[n : n + 2] for n in range(len(han) - 1)]


def _first_letters(spelled: list[tuple[str, str]]) -> list[str]:
    letters = []
    for characters, syllables in spelled:
        # A surname of two characters is spelled as one piece: each of its characters gives a letter.
        parts = _read(characters) if len(characters) > 1 and _HAN.match(characters) else [syllables]
        letters += [syllables[0]] + [part[0] for part in parts[1:]]
    return letters


def _spelled(name: str) -> list[tuple[str, str]]:
    return _spellings(name)[0]


@lru_cache(maxsize=4096)
def _spellings(name: str) -> list[list[tuple[str, str]]]:
    """Return the ways to spell a name, the usual one first, as pieces of the name with their pinyin."""
    pieces: list[tuple[str, tuple[str, ...]]] = []
    rest = _normal(name)
    if _HAN.match(rest):
        first = surname(name)
        pieces.append((first, _readings_of_surname(first)))
        rest = rest[len(first) :]
    for part in _PARTS.findall(rest):
        pieces += _given_pieces(part) if _HAN.match(part) else [(part, (part,))]
    ways = list(product(*(readings for _characters, readings in pieces)))[:_MOST_READINGS]
    return [[(piece[0], syllable) for piece, syllable in zip(pieces, way, strict=True)] for way in ways]


def _given_pieces(han: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(character, _given_readings(character)) for character in han]


@lru_cache(maxsize=30_000)
def _given_readings(character: str) -> tuple[str, ...]:
    return _GIVEN.get(character) or (_syllable(character),)


def _readings_of_surname(first: str) -> tuple[str, ...]:
    return _SURNAMES.get(first) or tuple(_syllable(character) for character in first)


@lru_cache(maxsize=2_000)
def _surname_readings(first: str) -> tuple[tuple[str, str], ...]:
    """Return each reading of a surname with its first letters."""
    return tuple((reading, "".join(_first_letters([(first, reading)]))) for reading in _readings_of_surname(first))


@lru_cache(maxsize=30_000)
def _syllable(character: str) -> str:
    return _normal(_read(character)[0])
