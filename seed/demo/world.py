"""The made-up world: a city with its counties, departments, employers and training bases. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.org.tables import OrganisationKind

HR, DEPARTMENT, EMPLOYER, BASE = (
    OrganisationKind.HR_DEPARTMENT,
    OrganisationKind.COMPETENT_DEPARTMENT,
    OrganisationKind.EMPLOYER,
    OrganisationKind.TRAINING_BASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """One organisation of the demo; ``key`` is its name in this code, ``n_people`` how many belong to it."""

    key: str
    parent: str
    kind: OrganisationKind
    name: str
    region: str
    n_people: int = 0
    departments: tuple[str, ...] = ()
    nature: str | None = None
    series: tuple[str, ...] = ()  # title series codes that its people have
    branches: tuple[str, ...] = field(default=())


ROOT = Place(
    "city",
    "",
    HR,
    "海州市人力资源和社会保障局",
    "379900",
    4,
    ("专业技术人员管理科", "事业单位人事管理科", "办公室"),
    "30",
    ("19",),
)

COUNTIES = (
    Place("wanghai", "city", HR, "望海区人力资源和社会保障局", "379901", 3, ("专技科", "办公室"), "30", ("19",)),
    Place("yunfeng", "city", HR, "云峰区人力资源和社会保障局", "379902", 2, ("专技科",), "30", ("19",)),
    Place("linsha", "city", HR, "临沙县人力资源和社会保障局", "379903", 2, ("专技科",), "30", ("19",)),
    Place("qingze", "city", HR, "青泽县人力资源和社会保障局", "379904", 1, ("专技科",), "30", ("19",)),
    Place("shigang", "city", HR, "石港县人力资源和社会保障局", "379905", 1, ("专技科",), "30", ("19",)),
    Place("yanpu", "city", HR, "盐浦市人力资源和社会保障局", "379906", 1, ("专技科",), "30", ("19",)),
    Place("zone", "city", HR, "海州经济技术开发区人力资源和社会保障局", "379971", 1, ("专技科",), "30", ("19",)),
)

DEPARTMENTS = (
    Place("city_education", "city", DEPARTMENT, "海州市教育局", "379999", 4, ("人事科", "继续教育科"), "30", ("01",)),
    Place("city_health", "city", DEPARTMENT, "海州市卫生健康委员会", "379999", 3, ("人事科", "科教科"), "30", ("04",)),
    Place("city_housing", "city", DEPARTMENT, "海州市住房和城乡建设局", "379999", 2, ("人事科",), "30", ("05",)),
    Place("city_agriculture", "city", DEPARTMENT, "海州市农业农村局", "379999", 2, ("人事科",), "30", ("06",)),
    Place("wh_education", "wanghai", DEPARTMENT, "望海区教育局", "379901", 3, ("人事科", "师训科"), "30", ("22",)),
    Place("wh_health", "wanghai", DEPARTMENT, "望海区卫生健康局", "379901", 2, ("人事科", "医政科"), "30", ("04",)),
    Place("wh_housing", "wanghai", DEPARTMENT, "望海区住房和城乡建设局", "379901", 2, ("人事科",), "30", ("05",)),
    Place("yf_education", "yunfeng", DEPARTMENT, "云峰区教育局", "379902", 1, ("人事科",), "30", ("22",)),
    Place("yf_health", "yunfeng", DEPARTMENT, "云峰区卫生健康局", "379902", 1, ("人事科",), "30", ("04",)),
    Place("ln_agriculture", "linsha", DEPARTMENT, "临沙县农业农村局", "379903", 1, ("人事科",), "30", ("06",)),
)

EMPLOYERS = (
    Place(
        "people_hospital",
        "city_health",
        EMPLOYER,
        "海州市人民医院",
        "379999",
        38,
        ("内科", "外科", "护理部", "药学部", "检验科"),
        "22",
        ("04",),
        ("北院区",),
    ),
    Place("tcm_hospital", "city_health", EMPLOYER, "海州市中医医院", "379999", 14, ("针灸科", "内科", "药剂科"), "22", ("04",)),
    Place(
        "vocational_college",
        "city_education",
        EMPLOYER,
        "海州职业技术学院",
        "379999",
        22,
        ("机电工程系", "信息工程系", "基础部"),
        "21",
        ("01", "20"),
        (),
    ),
    Place(
        "first_school", "city_education", EMPLOYER, "海州市第一中学", "379999", 18, ("语文组", "数学组", "英语组"), "21", ("22",)
    ),
    Place(
        "design_institute",
        "city_housing",
        EMPLOYER,
        "海州市建筑设计研究院有限公司",
        "379999",
        20,
        ("建筑所", "结构所", "设备所"),
        "10",
        ("05",),
        ("临沙分院",),
    ),
    Place(
        "agri_centre", "city_agriculture", EMPLOYER, "海州市农业技术推广中心", "379999", 8, ("粮油室", "植保室"), "21", ("06",)
    ),
    Place(
        "wh_middle",
        "wh_education",
        EMPLOYER,
        "望海区实验中学",
        "379901",
        24,
        ("语文组", "数学组", "理化组", "教务处"),
        "21",
        ("22",),
        ("东校区",),
    ),
    Place("wh_primary", "wh_education", EMPLOYER, "望海区第二小学", "379901", 14, ("语文组", "数学组"), "21", ("22",)),
    Place("wh_hospital", "wh_health", EMPLOYER, "望海区人民医院", "379901", 18, ("内科", "外科", "护理部"), "22", ("04",)),
    Place("wh_clinic", "wh_health", EMPLOYER, "望海区海滨社区卫生服务中心", "379901", 6, (), "21", ("04",)),
    Place(
        "wh_builder",
        "wh_housing",
        EMPLOYER,
        "海州宏岳建设集团有限公司",
        "379901",
        22,
        ("工程部", "质量安全部", "预算部"),
        "10",
        ("05", "19"),
        ("第一分公司", "第二分公司"),
    ),
    Place("wh_chemical", "wanghai", EMPLOYER, "海州远洋化工股份有限公司", "379901", 12, ("研发中心", "生产部"), "10", ("05",)),
    Place("yf_school", "yf_education", EMPLOYER, "云峰区外国语学校", "379902", 10, ("英语组", "语文组"), "21", ("22",)),
    Place("yf_hospital", "yf_health", EMPLOYER, "云峰区妇幼保健院", "379902", 10, ("妇产科", "儿科"), "21", ("04",)),
    Place("ln_station", "ln_agriculture", EMPLOYER, "临沙县畜牧兽医站", "379903", 6, (), "21", ("06",)),
    Place("ln_machinery", "linsha", EMPLOYER, "临沙县通用机械有限责任公司", "379903", 9, ("技术部",), "10", ("05",)),
    Place("zone_software", "zone", EMPLOYER, "海州云帆软件有限公司", "379971", 12, ("研发一部", "研发二部"), "10", ("05",)),
)

BASES = (
    Place("university_base", "city", BASE, "海州学院继续教育学院（市级专业技术人员继续教育基地）", "379999"),
    Place("medical_base", "city_health", BASE, "海州市医学继续教育培训中心", "379999"),
    Place("wh_base", "wanghai", BASE, "望海区专业技术人员继续教育基地", "379901"),
)
