"""Search of names: surnames read right, and what people type finds the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pinyin import Query, _all_tokens, initials, name_tokens, pinyin, query_tokens, surname


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("王小明", "wangxiaoming"),
        ("单小明", "shanxiaoming"),
        ("曾国强", "zengguoqiang"),
        ("仇英", "qiuying"),
        ("解放", "xiefang"),
        ("盖叫天", "gejiaotian"),
        ("查良镛", "zhaliangyong"),
        ("区志强", "ouzhiqiang"),
        ("朴成日", "piaochengri"),
        ("翟天临", "zhaitianlin"),
        ("任我行", "renwoxing"),
        ("种师道", "chongshidao"),
        ("缪荣株", "miaorongzhu"),
        ("乐嘉", "yuejia"),
        ("覃建国", "qinjianguo"),
        ("员半千", "yunbanqian"),
        ("卜凡", "bufan"),
        ("逄春", "pangchun"),
        ("尉迟恭", "yuchigong"),
        ("尉凤英", "weifengying"),
        ("万俟卨", "moqixie"),
        ("长孙无忌", "zhangsunwuji"),
        ("令狐冲", "linghuchong"),
        ("欧阳修", "ouyangxiu"),
        ("司马光", "simaguang"),
        ("吕布", "lvbu"),
        ("李晟", "lisheng"),
        ("王重阳", "wangchongyang"),
        ("阿卜杜拉·买买提", "abudulamaimaiti"),
        ("John Smith", "johnsmith"),
    ],
)
def test_whole_name_is_spelled(name: str, spelled: str) -> None:
    assert pinyin(name) == spelled


@pytest.mark.parametrize(
    ("name", "letters"),
    [("王小明", "wxm"), ("欧阳修", "oyx"), ("尉迟恭", "ycg"), ("单雄信", "sxx"), ("万俟卨", "mqx"), ("区", "o")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_surname_of_two_characters_needs_a_given_name() -> None:
    assert surname("欧阳修") == "欧阳"
    assert surname("司马") == "司"
    assert surname("王小明") == "王"


def test_tokens_of_a_name() -> None:
    assert name_tokens("王小明") == {"王", "王小", "小明", "wang", "wangxiao", "wangxiaoming", "wxm"}
    assert name_tokens("欧阳修") == {"欧", "欧阳", "阳修", "ouyang", "ouyangxiu", "oyx"}
    assert name_tokens("单丹") == {"单", "单丹", "shan", "shandan", "sd"}


def test_names_with_two_readings_are_found_by_both() -> None:
    assert {"gewei", "gaiwei"} <= name_tokens("盖伟")
    assert {"wangqian", "wangxi"} <= name_tokens("王茜")
    assert {"mou", "mu"} <= name_tokens("牟平")
    assert "dan" not in name_tokens("单伟")


def test_empty_and_strange_names_have_few_tokens() -> None:
    assert name_tokens("") == frozenset()
    assert name_tokens(" · ") == frozenset()
    assert name_tokens("王") == {"王", "wang", "w"}
    assert max(len(token) for token in name_tokens("阿" * 100)) == 60


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("王小明", Query(("王小", "小明"), needs_filter=True, text="王小明")),
        ("小明", Query(("小明",), needs_filter=False, text="小明")),
        ("王", Query(("王",), needs_filter=False, text="王")),
        (" 王　小 明\u200b", Query(("王小", "小明"), needs_filter=True, text="王小明")),
        ("WangXiaoMing", Query(("wangxiaoming",), needs_filter=False, text="wangxiaoming")),
        ("wang xiao ming", Query(("wangxiaoming",), needs_filter=False, text="wangxiaoming")),
        ("ＷＸＭ", Query(("wxm",), needs_filter=False, text="wxm")),
        ("lü bu", Query(("lvbu",), needs_filter=False, text="lvbu")),
        ("LYU BU", Query(("lvbu",), needs_filter=False, text="lvbu")),
        ("王xm", Query(("王", "wxm"), needs_filter=False, text="王")),
        ("单xiaoming", Query(("单", "shanxiaoming"), needs_filter=False, text="单")),
        ("欧阳x", Query(("欧阳", "oyx"), needs_filter=False, text="欧阳")),
        ("%_'", Query((), needs_filter=False, text="")),
        ("", Query((), needs_filter=False, text="")),
    ],
)
def test_query(typed: str, query: Query) -> None:
    assert query_tokens(typed) == query


@pytest.mark.parametrize("name", ["王小明", "单雄信", "欧阳修", "吕布", "阿卜杜拉·买买提", "John Smith", "李晟"])
def test_a_name_is_found_by_itself_by_its_pinyin_and_by_its_initials(name: str) -> None:
    tokens = name_tokens(name)
    for typed in (name, pinyin(name), pinyin(name).upper(), initials(name), f" {name} "):
        query = query_tokens(typed)
        assert query.tokens
        assert set(query.tokens) <= tokens, typed


def test_rare_characters_without_a_reading_stand_for_themselves() -> None:
    assert name_tokens("王\U0003238a\U0003238a") >= {"王", "王\U0003238a", "wang", "wang\U0003238a"}
    assert query_tokens("\ue863").tokens == ("\ue863",)


@given(st.text(max_size=20))
def test_any_text_has_short_lower_case_tokens(text: str) -> None:
    for token in (*name_tokens(text), *query_tokens(text).tokens):
        assert 0 < len(token) <= 60
        assert token == token.lower()


@pytest.mark.parametrize("name", ["林金玉", "任媛", "陈云", "钱允"])
def test_an_n_before_yu_may_end_its_syllable(name: str) -> None:
    assert set(query_tokens(pinyin(name)).tokens) <= name_tokens(name)


@given(st.text(alphabet="王单欧阳尉迟万俟令狐盖晟明乐小伟重长龘行", min_size=1, max_size=9))
def test_a_plain_name_has_the_tokens_of_any_other_way(name: str) -> None:
    assert name_tokens(name) == _all_tokens(name)
