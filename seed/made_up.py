"""Made-up people and codes: valid by every check, belonging to nobody, the same on each run.

Identity numbers take the order numbers 996 to 999, which were kept for people over a hundred and are not given to others;
phones show by their pattern that they are made up, mails end in the domain that is kept for examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from models.org.codes import mod31, organisation_check
from models.people.numbers import Sex, check_digit
from seed.reference import region_rows

_ORDERS = {Sex.MALE: ("999", "997"), Sex.FEMALE: ("998", "996")}
_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

# By how common they are; the rarer ones at the end are those that are read in an unexpected way.
_COMMON_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
)
_RARE_SURNAMES = ("单", "曾", "仇", "解", "盖", "查", "翟", "逄", "牟", "覃", "欧阳", "司马", "诸葛", "尉迟", "上官")
_MALE_GIVEN = "伟强磊军勇杰涛明超刚平辉鹏飞波斌建国志海峰宁旭浩林东亮文凯鑫宇晨泽昊睿航毅博诚远达振恒立川"
_FEMALE_GIVEN = "芳娜敏静丽艳娟霞燕玲婷雪琳洁梅倩颖慧莹佳欣怡晶琴蓉蕾薇岚萍瑶璐媛楠雯悦晴语彤菲宁秀云兰青"

DOMAIN = "example.com"


@dataclass(frozen=True, slots=True)
class MadeUpNumber:
    """An identity number with what it says."""

    value: str
    birth_on: date
    sex: Sex


def id_number(rng: Random, region: str, birth_on: date, sex: Sex) -> str:
    """Return one of the two numbers there are for a district, birth date and sex."""
    return _number(region, birth_on, rng.choice(_ORDERS[sex]))


def _number(region: str, birth_on: date, order: str) -> str:
    first_17 = f"{region}{birth_on:%Y%m%d}{order}"
    return first_17 + check_digit(first_17)


class NumberSpace:
    """All numbers of some districts and birth dates, in a scattered but fixed order: index 0, 1, 2 ... never repeats one."""

    def __init__(self, regions: Sequence[str], *, first: date, last: date) -> None:
        if first.year <= 1950:
            raise ValueError("made-up people are born after 1950")
        self._regions = tuple(regions)
        self._first = first
        self._n_days = (last - first).days + 1
        self.size = len(self._regions) * self._n_days * 4
        # A step without a common divisor visits every place once; near the golden ratio it scatters neighbours.
        self._step = next(n for n in range(int(self.size * 0.618) | 1, self.size * 2, 2) if math.gcd(n, self.size) == 1)

    def number(self, index: int) -> MadeUpNumber:
        """Return the number at *index*; raises IndexError beyond ``size``."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        place, order = divmod(index * self._step % self.size, 4)
        day, region = divmod(place, len(self._regions))
        sex = Sex.MALE if order % 2 else Sex.FEMALE
        birth_on = self._first + timedelta(days=day)
        return MadeUpNumber(_number(self._regions[region], birth_on, str(996 + order)), birth_on, sex)


def districts(province: str = "37") -> list[str]:
    """Return the codes of the present counties and districts of a province: people are born in places that exist."""
    return [
        row["code"]
        for row in region_rows()
        if row["level"] == "county"
        and row["kind"] == "division"
        and row["status"] == "current"
        and row["code"].startswith(province)
    ]


def credit_code(index: int, region: str, *, begins: str = "91") -> str:
    """Return the unified social credit code number *index* of a region: 91 company, 12 institution, 11 authority."""
    body = ""
    for _place in range(6):
        index, digit = divmod(index, len(_CODE_CHARACTERS))
        body = _CODE_CHARACTERS[digit] + body
    organisation = f"MA{body}"
    inner = organisation_check(organisation)
    first_17 = f"{begins}{region}{organisation}{inner}"
    return first_17 + mod31(first_17)


def organisation_code(index: int) -> str:
    """Return the organisation code (nine characters) number *index*."""
    body = f"X{index:07d}"
    return body + organisation_check(body)


def person_name(rng: Random, sex: Sex) -> str:
    """Return a name put together at random; one in fifty has a rare surname, for the search by pinyin."""
    common = _COMMON_SURNAMES[int(len(_COMMON_SURNAMES) * rng.random() ** 2)]
    surname = rng.choice(_RARE_SURNAMES) if rng.random() < 0.02 else common
    characters = _MALE_GIVEN if sex is Sex.MALE else _FEMALE_GIVEN
    return surname + "".join(rng.sample(characters, 1 if rng.random() < 0.25 else 2))


def mobile(index: int) -> str:
    """Return a mobile number of the form 199 00xx xxxx."""
    return f"19900{index % 1_000_000:06d}"


def landline(index: int) -> str:
    """Return a landline of the form 0639-555xxxx."""
    return f"0639-555{index % 10_000:04d}"


def email(index: int) -> str:
    """Return an address in the domain that is kept for examples."""
    return f"user{index}@{DOMAIN}"
