"""The tree of the scale data: one city, ten counties, departments, employers of very different sizes. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from models.org.tables import OrganisationKind

HR, DEPARTMENT, EMPLOYER, BASE = (
    OrganisationKind.HR_DEPARTMENT,
    OrganisationKind.COMPETENT_DEPARTMENT,
    OrganisationKind.EMPLOYER,
    OrganisationKind.TRAINING_BASE,
)
CITY = "379900"
DIRECT = "379999"  # 市直: what belongs to the city itself
COUNTIES = (
    ("379901", "望海区", 18),
    ("379902", "云峰区", 14),
    ("379903", "临沙县", 8),
    ("379904", "青泽县", 7),
    ("379905", "石港县", 9),
    ("379906", "盐浦市", 11),
    ("379971", "海州经济技术开发区", 10),
    ("379972", "海州高新技术产业开发区", 6),
    ("379973", "海州综合保税区", 3),
    ("379974", "海州生态旅游度假区", 2),
)
"""Region, name and weight; the last three regions are made for the scale data."""
DIRECT_WEIGHT = 12
NEW_REGIONS = COUNTIES[-3:]

# Field of administration, its employers' words and the title series of their people.
FIELDS = (
    ("教育局", ("中学", "小学", "实验学校", "幼儿园"), "22"),
    ("卫生健康局", ("医院", "卫生院", "社区卫生服务中心"), "04"),
    ("住房和城乡建设局", ("建筑工程有限公司", "规划设计院"), "05"),
    ("农业农村局", ("农业技术推广站", "畜牧兽医站"), "06"),
    ("交通运输局", ("公路养护中心", "运输有限公司"), "05"),
    ("水务局", ("水利工程服务中心", "供水有限公司"), "05"),
    ("文化和旅游局", ("文化馆", "图书馆", "博物馆"), "09"),
    ("工业和信息化局", ("机械制造有限公司", "电子科技有限公司"), "05"),
    ("科学技术局", ("科学研究所", "新材料有限公司"), "03"),
    ("自然资源局", ("测绘院", "林业站"), "05"),
    ("市场监督管理局", ("检验检测中心", "计量所"), "05"),
    ("财政局", ("会计师事务所", "资产管理有限公司"), "17"),
)
_NAMES = ("华", "明", "宏", "远", "海", "东", "盛", "泰", "安", "新", "星", "源", "和", "兴", "德", "瑞", "金", "博", "恒", "正")
BRANCH_SHARE, UNDER_DEPARTMENT = 0.06, 0.55
BRANCHES_FROM = 80  # people: only larger employers have branches


@dataclass(slots=True)
class Unit:
    """One organisation: ``id`` and ``path`` as they are stored, the chain up to the first HR department for reviews."""

    id: int
    parent: Unit | None
    kind: OrganisationKind
    name: str
    region: str
    series: str
    weight: float
    path: str = ""
    n_people: int = 0
    first_person: int = 0  # the ids of its people are first_person, first_person + 1, ...
    departments: range = field(default=range(0))  # ids of the internal departments

    def __post_init__(self) -> None:
        self.path = f"{self.parent.path if self.parent else '/'}{self.id}/"

    @property
    def phone(self) -> str:
        """Return the made-up landline of the organisation."""
        return f"0639-555{self.id % 10_000:04d}"

    def chain(self) -> list[Unit]:
        """Return who decides about its people's hours: itself and every one above up to the first HR department."""
        links = [self]
        while links[-1].kind is not HR and links[-1].parent is not None:
            links.append(links[-1].parent)
        return links


def build(rng: Random, n: int, n_people: int) -> list[Unit]:
    """Return *n* organisations, each after its parent, with *n_people* people divided among them."""
    if n < len(COUNTIES) + 5:
        raise ValueError(f"at least {len(COUNTIES) + 5} organisations")
    units = list(_tree(rng, n))
    _divide(units, n_people)
    _number_people(rng, units)
    _number_departments(units)
    return units


def _tree(rng: Random, n: int) -> Iterator[Unit]:
    city = Unit(1, None, HR, "海州市人力资源和社会保障局", CITY, "19", 40)
    counties = [
        Unit(2 + k, city, HR, f"{name}人力资源和社会保障局", region, "19", 12) for k, (region, name, _) in enumerate(COUNTIES)
    ]
    yield city
    yield from counties
    places = [(c, name, weight) for c, (_, name, weight) in zip(counties, COUNTIES, strict=True)] + [
        (city, "海州市", DIRECT_WEIGHT)
    ]
    done = 1 + len(counties)
    below: dict[int, list[Unit]] = {}
    for number in range(min(len(FIELDS), max(1, n // 80))):
        for hr, place, _ in places:
            if done < n - len(places):
                done += 1
                unit = _department(done, hr, place, number)
                below.setdefault(hr.id, []).append(unit)
                yield unit
    for number in range(n // 1000):
        done += 1
        hr, place, _ = places[number % len(places)]
        yield Unit(done, hr, BASE, f"{place}第{number + 1}专业技术人员继续教育基地", _region(hr), "01", 0)
    yield from _employers(rng, n, done, places, below)


def _region(hr: Unit) -> str:
    return DIRECT if hr.region == CITY else hr.region


def _department(number: int, hr: Unit, place: str, field_number: int) -> Unit:
    word, _, series = FIELDS[field_number]
    return Unit(number, hr, DEPARTMENT, f"{place}{word}", _region(hr), series, 15)


def _employers(
    rng: Random, n: int, done: int, places: Sequence[tuple[Unit, str, int]], below: dict[int, list[Unit]]
) -> Iterator[Unit]:
    large: dict[int, list[Unit]] = {}
    weights = [weight for _, _, weight in places]
    for number in range(done + 1, n + 1):
        # The first ones go round, so that every county and department has employers however few there are.
        hr, place, _ = places[number % len(places)] if number - done <= 2 * len(places) else rng.choices(places, weights)[0]
        weight = min(rng.lognormvariate(3.2, 1.25), 4000)
        if large.get(hr.id) and rng.random() < BRANCH_SHARE:
            main = rng.choice(large[hr.id])
            yield Unit(number, main, EMPLOYER, f"{main.name}第{number % 9 + 1}分部{number}", main.region, main.series, weight / 3)
            continue
        departments = below.get(hr.id, [])
        parent = (
            rng.choice(departments) if departments and (number - done <= len(places) or rng.random() < UNDER_DEPARTMENT) else hr
        )
        _, words, series = next((f for f in FIELDS if parent.name.endswith(f[0])), None) or rng.choice(FIELDS)
        name = f"{place}{rng.choice(_NAMES)}{rng.choice(_NAMES)}{rng.choice(words)}{number}"
        unit = Unit(number, parent, EMPLOYER, name, _region(hr), series, weight)
        if weight > BRANCHES_FROM:
            large.setdefault(hr.id, []).append(unit)
        yield unit


def _divide(units: Sequence[Unit], n_people: int) -> None:
    total, so_far, given = sum(u.weight for u in units), 0.0, 0
    for unit in units:
        so_far += unit.weight
        unit.n_people = round(n_people * so_far / total) - given
        given += unit.n_people


def _number_people(rng: Random, units: Sequence[Unit]) -> None:
    """Give the people of each organisation ids in a row; organisations came in over the years in no order of the tree."""
    scattered = list(units)
    rng.shuffle(scattered)
    first = 1
    for unit in scattered:
        unit.first_person = first
        first += unit.n_people


def _number_departments(units: Sequence[Unit]) -> None:
    first = 1
    for unit in units:
        n = 0 if unit.n_people < 20 else min(8, 2 + unit.n_people // 60)
        unit.departments = range(first, first + n)
        first += n
