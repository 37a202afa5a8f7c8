"""The story of the product from the first employer to the verified certificate, as people do it in their browsers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Download, Page, expect

from models.base import today
from tests.admin.conftest import picture
from tests.cast import Cast, made_up_number
from tests.journeys.conftest import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("lists")]

CODE = "91371102MA3T0X9Y4U"
CLERK, PERSON, OTHER, VISITOR = (made_up_number(n) for n in (601, 602, 603, 604))
NAME = "单小明"
OWN_PASSWORD = "Haizhou-2026"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def year_open() -> int:
    """Return the year whose hours are declared; in January still the last one."""
    return today().year if today().month > 1 else today().year - 1


# --- the officer creates an employer ----------------------------------------------------------------------------------


def create_employer(officer: Desk) -> str:
    """Create an employer below the department of a county; return its administrator's one-time password."""
    page = officer.page
    expect(page.get_by_role("heading", name="待办事项")).to_be_visible()
    officer.open("下属机构管理")
    page.get_by_role("link", name="管理用人单位").click()
    page.get_by_role("link", name="新增", exact=True).click()
    page.get_by_label("单位类型").select_option(label="用人单位")
    page.get_by_label("单位名称").fill("海州市第九中学")
    page.get_by_label("机构代码/统一社会信用代码").fill(CODE)
    officer.search_for("上级单位", "单位-department")
    officer.search_for("地区", "测试市")
    page.get_by_label("证件号").fill(CLERK)
    page.get_by_label("姓名").fill("曾丽")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("海州市第九中学 已创建")).to_be_visible()
    return page.locator("code").inner_text()


# --- the clerk imports her people -------------------------------------------------------------------------------------


def opened(download: Download) -> openpyxl.Workbook:
    """Open a downloaded workbook."""
    assert download.suggested_filename.endswith(".xlsx")
    return openpyxl.load_workbook(io.BytesIO(Path(download.path()).read_bytes()))


def fill_template(page: Page, rows: list[dict[str, str]]) -> bytes:
    """Download the template and write rows into it below the example."""
    with page.expect_download() as download:
        page.get_by_role("link", name="下载导入文件").click()
    book = opened(download.value)
    assert "填写说明" in book.sheetnames
    sheet = book.worksheets[0]
    heads = [str(cell.value).rstrip("*") for cell in sheet[1]]
    for row in rows:
        sheet.append([row.get(head) for head in heads])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def import_people(clerk: Desk) -> None:
    """Import two people and a row with a bad phone number, then the failed row after its correction."""
    page = clerk.page
    clerk.open("批量导入")
    rows = [
        {"姓名": NAME, "证件号": PERSON, "手机号": "13812345678", "电子邮箱": "shan@example.com"},
        {"姓名": "仇小红", "证件号": OTHER, "手机号": "12"},
    ]
    upload(page, fill_template(page, rows))
    expect(page.get_by_role("cell", name=re.compile("手机号应为 11 位"))).to_be_visible()
    import_one_row(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="导出失败信息").click()
    book = opened(download.value)
    sheet = book.worksheets[0]
    heads = [str(cell.value).rstrip("*") for cell in sheet[1]]
    assert heads[-1] == "失败原因"
    assert sheet.cell(2, heads.index("姓名") + 1).value == "仇小红"
    sheet.cell(2, heads.index("手机号") + 1).value = "13912345678"
    corrected = io.BytesIO()
    book.save(corrected)
    clerk.open("批量导入")
    upload(page, corrected.getvalue())
    import_one_row(page)
    clerk.open("专业技术人员信息查询")
    expect(page.get_by_role("link", name="仇小红")).to_be_visible()


def upload(page: Page, content: bytes) -> None:
    page.get_by_label("+导入文件").set_input_files({"name": "人员.xlsx", "mimeType": XLSX, "buffer": content})
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_text("总行数")).to_be_visible()


def import_one_row(page: Page) -> None:
    page.get_by_role("button", name="导入 1 行").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入：人员.xlsx")
    expect(page.get_by_text("总行数")).to_be_visible()


# --- the professional declares ----------------------------------------------------------------------------------------


def declare(page: Page, form: str, subject: str, hours: str, fields: dict[str, str], *, seed: int) -> None:
    """Declare hours with a photo as evidence and submit."""
    page.goto("/portal/")
    page.get_by_role("link", name="学时申报").first.click()
    page.get_by_label("计入年度").select_option(str(year_open()))
    page.get_by_label("申报类型").select_option(label="培训类")
    page.get_by_label("学习形式").select_option(label=form)
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("开始日期").fill(f"{year_open()}-01-04")
    page.get_by_label("结束日期").fill(f"{year_open()}-01-13")
    page.get_by_label(subject, exact=True).check()
    page.get_by_label("申请学时").fill(hours)
    page.get_by_label("附件").set_input_files({"name": "证明.png", "mimeType": "image/png", "buffer": picture(seed)})
    expect(page.get_by_role("link", name="证明.png")).to_be_visible()
    page.get_by_role("button", name="提交申报").click()
    again = page.get_by_role("button", name="仍然提交")
    title = page.get_by_role("heading", level=1, name="申报详情")
    expect(again.or_(title)).to_be_visible()
    if again.is_visible():
        again.click()
    expect(title).to_be_visible()
    expect(page.get_by_text(re.compile("等待 海州市第九中学")).first).to_be_visible()


def pass_all(officer: Desk, menu: str) -> None:
    """Pass the two declarations that wait, one after the other."""
    page = officer.page
    officer.open(menu)
    for _each in range(2):
        page.get_by_role("link", name="详细").first.click()
        expect(page.get_by_role("heading", name="审核记录")).to_be_visible()
        page.get_by_role("button", name=re.compile("^通过并下一条")).click()
        officer.open(menu)
    expect(page.get_by_text("没有数据")).to_be_visible()


# --- certificate, verification ----------------------------------------------------------------------------------------


def print_certificate(page: Page) -> str:
    """Print the year's certificate; return the address in its QR code."""
    page.goto("/portal/years")
    expect(page.get_by_role("row").filter(has_text=str(year_open()))).to_contain_text("通过")
    page.get_by_role("link", name="证书打印").click()
    with page.context.expect_event("response", lambda r: r.url.endswith(".pdf")) as answer:
        page.get_by_role("button", name="打印").click()
    assert answer.value.status == 200
    page.bring_to_front()
    page.reload()
    image = page.locator("section.certificate img").screenshot()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(image)).convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return str(code.text)


def verify(stranger: Desk, address: str) -> None:
    """Open the QR's address; then the number alone, which asks for the holder's name."""
    page, parts = stranger.page, urlsplit(address)
    page.goto(f"{parts.path}?{parts.query}")
    for words in ("有效", NAME, "海州市第九中学", f"{PERSON[:6]}********{PERSON[-4:]}"):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    assert PERSON not in page.content()
    page.goto(parts.path)
    expect(page.get_by_text(NAME)).to_have_count(0)
    page.get_by_label("持证人姓名").fill(NAME)
    page.get_by_role("button", name="查验").click()
    expect(page.get_by_text("海州市第九中学")).to_be_visible()


def test_a_city_takes_an_employer_from_its_creation_to_a_verified_certificate(sit_down: Callable[..., Desk]) -> None:
    one_time = create_employer(sit_down("city_officer"))

    clerk = sit_down()
    clerk.log_in(CLERK, one_time, "用人单位")
    clerk.change_password(one_time, OWN_PASSWORD)
    import_people(clerk)

    person = sit_down(size="390")
    person.log_in(PERSON, PERSON[-6:], "专业技术人员")
    person.change_password(PERSON[-6:], OWN_PASSWORD)
    training = {"学校(单位)名称": "海州职业技术学院", "培训班名称": "岗位培训班", "学习成绩": "合格"}
    declare(person.page, "岗位培训", "专业课", "60", training, seed=1)
    public = {"培训班名称": "公需课班", "培训班学时": "30", "成绩": "90"}
    declare(person.page, "公需课培训", "公需课", "30", public, seed=2)

    pass_all(clerk, "学时审批")
    pass_all(sit_down("department_clerk"), "学时审批")
    pass_all(sit_down("county_officer"), "学时(分)审核")

    address = print_certificate(person.page)
    stranger = sit_down(size="390")
    verify(stranger, address)
    expect(stranger.page.get_by_text("有效", exact=True).first).to_be_visible()


def test_a_visitor_registers_is_refused_before_the_review_and_enters_after_it(sit_down: Callable[..., Desk]) -> None:
    visitor = sit_down()
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="专业技术人员注册").click()
    register(visitor)
    expect(page.get_by_text("注册信息已提交审核，请耐心等待")).to_be_visible()
    visitor.log_in(VISITOR, OWN_PASSWORD, "专业技术人员")
    expect(page.get_by_role("alert")).to_contain_text("此账号还未被审核")

    clerk = sit_down("unit_clerk")
    clerk.open("审核注册人员")
    clerk.page.get_by_role("button", name="通过", exact=True).first.click()
    clerk.page.get_by_role("dialog").get_by_role("button", name="通过", exact=True).click()
    expect(clerk.page.get_by_text("没有数据")).to_be_visible()
    clerk.page.get_by_role("link", name="已审核").click()
    expect(clerk.page.get_by_role("link", name="仇小光")).to_be_visible()

    visitor.log_in(VISITOR, OWN_PASSWORD, "专业技术人员")
    expect(page.get_by_text("您好，仇小光")).to_be_visible()


def register(visitor: Desk) -> None:
    page = visitor.page
    page.get_by_label("证件号").fill(VISITOR)
    for label, text in {
        "密码": OWN_PASSWORD,
        "确认密码": OWN_PASSWORD,
        "手机号": "13812345678",
        "电子邮箱": "qiu@example.com",
        "姓名": "仇小光",
        "毕业院校": "海州大学",
        "毕业时间": "2003-07-01",
    }.items():
        page.get_by_label(re.compile(rf"^{label}\*?$")).fill(text)
    visitor.pick("所在单位", "单位-unit")
    for label, text in {
        "民族": "汉族",
        "最高学历": "大学本科毕业",
        "所学专业": "工学",
        "学位": "学士",
        "职称系列": "工程技术人员",
        "职称级别": "中级",
        "现专业技术职务资格": "工程师",
        "专业技术人员职业资格": "无",
        "专业技术人员职业资格级别": "无",
    }.items():
        choose(visitor, label, text)
    page.get_by_label("否", exact=True).check()
    page.get_by_label(re.compile("^同意遵守用户协议")).check()
    page.get_by_label(re.compile("^本人承诺")).check()
    page.get_by_role("button", name="注册", exact=True).click()


def choose(visitor: Desk, label: str, text: str) -> None:
    """Take an entry of a list, which is a drop-down where it is short and a window where it is long."""
    field = visitor.page.get_by_label(re.compile(rf"^{label}\*?$"))
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(label=text)
    else:
        visitor.pick(label, text)


def test_support_resets_a_password_after_checking_the_caller(sit_down: Callable[..., Desk], cast: Cast) -> None:
    number, name = cast.accounts["professional"].number, cast.accounts["professional"].name
    desk = sit_down("support")
    page = desk.page
    page.get_by_label("证件号").fill(number.lower())
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.get_by_label("原因").fill("本人忘记密码，电话核实身份无误。")
    page.get_by_role("button", name="重置密码").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for tick in page.get_by_role("group", name="身份核实清单").get_by_role("checkbox").all():
        tick.check()
    page.get_by_role("button", name="重置密码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("重置密码")
    expect(page.get_by_text("证件号后六位")).to_be_visible()
    page.get_by_role("link", name="返回账户").click()
    expect(page.get_by_text("本人忘记密码，电话核实身份无误。").last).to_be_visible()

    person = sit_down()
    person.log_in(number, number[-6:], "专业技术人员")
    person.change_password(number[-6:], OWN_PASSWORD)
    person.page.goto("/portal/profile")
    person.log_out()
    person.log_in(number, number[-6:], "专业技术人员")
    expect(person.page.get_by_role("alert")).to_contain_text("账户号或密码错误")


def test_an_officer_exports_the_filtered_list_with_masked_numbers(sit_down: Callable[..., Desk], cast: Cast) -> None:
    desk = sit_down("county_officer")
    page = desk.page
    desk.open("专业技术人员信息查询")
    page.get_by_label("证件号").fill(cast.accounts["colleague"].number)
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("link", name="人员-colleague")).to_be_visible()
    assert cast.accounts["colleague"].number not in page.url
    page.get_by_role("button", name="导出").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("导出")
    with page.expect_download() as download:
        page.get_by_role("main").get_by_role("button", name="导出").click()
    sheet = opened(download.value).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[rows[0].index("姓名")] for row in rows[1:]] == ["人员-colleague"]
    assert rows[1][rows[0].index("证件号")] == cast.accounts["colleague"].number_masked
    assert sheet.freeze_panes is not None
