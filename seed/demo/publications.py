"""What the city's HR department of the demo has published: announcements, a form to download, the user agreement."""

from __future__ import annotations

import io

from openpyxl import Workbook

from models.base import today
from models.org import publications
from models.org.publications import PublicationKind, Text
from models.uploads import Upload
from seed.demo.stage import Stage, acting_as

FORM = "专业技术人员继续教育信息服务平台信息采集表"


def build_publications(stage: Stage) -> None:
    """Publish two announcements, a form and an agreement; leave a draft, and an announcement that was taken back."""
    officer, year = stage.officer("city"), today().year
    texts = (
        Text(
            PublicationKind.ANNOUNCEMENT,
            f"关于做好{year}年度继续教育学时申报工作的通知",
            f"各单位、各位专业技术人员：\n\n{year}年度学时申报已经开始，请登录平台如实填报并上传证明材料。\n\n"
            "公需科目不少于 30 学时，专业科目不少于 60 学时。",
        ),
        Text(PublicationKind.ANNOUNCEMENT, "关于平台夜间维护的通知", "本周六 22:00 至次日 6:00 进行系统维护，期间暂停服务。"),
        Text(PublicationKind.DOWNLOAD, FORM, "单位合并时填写后交客服处理。", Upload(f"{FORM}.xlsx", _form())),
        Text(
            PublicationKind.AGREEMENT,
            f"用户协议（{year}年版）",
            "一、您填写的信息仅用于继续教育的注册、审核与证明。\n\n二、所在单位及其上级机构按职责查看您的信息；证件号加密保存，"
            "以遮盖形式显示。\n\n三、请妥善保管密码，发现信息有误请联系单位管理员。\n\n四、提供虚假材料的，驳回注册并撤销相应学时和证书。",
        ),
    )
    for n, text in enumerate(texts):
        with acting_as(officer) as session:
            made = publications.write(session, officer, text)
            publications.publish(session, officer, made.id)
            if n == 1:
                publications.take_back(session, officer, made.id)
    with acting_as(officer) as session:
        publications.write(session, officer, Text(PublicationKind.ANNOUNCEMENT, "年度审验安排（草稿）", "待定。"))


def _form() -> bytes:
    book = Workbook()
    sheet = book.create_sheet("信息采集表", 0)
    for row in (("单位名称", ""), ("统一社会信用代码", ""), ("合并后单位名称", ""), ("联系人", ""), ("联系电话", "")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
