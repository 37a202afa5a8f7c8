"""What must not happen: another's canary in an answer, another's row changed, a difference between outside and absent."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

from pypdf import PdfReader
from werkzeug.test import TestResponse

NUMBERS = re.compile(r"\d+")
KEYS = re.compile(r"\b(sel|r|key|f)=[\w-]+")
MAIN = re.compile(r"<main.*</main>", re.DOTALL)
FLASH = re.compile(r'<div class="flash[^>]*>.*?</div>\s*</div>\s*', re.DOTALL)
TOKENS = re.compile(r'(name="csrf_token" value="|name="form_key" type="hidden" value="|nonce="|nonce-|content=")[^"\' ]+')


def readable(answer: TestResponse) -> str:
    """Return all text that an answer carries: headers, body, the inside of workbooks and PDFs."""
    head = "\n".join(f"{k}: {v}" for k, v in answer.headers if k not in {"Content-Security-Policy", "Set-Cookie"})
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return head + "\n".join(archive.read(n).decode("utf-8", "ignore") for n in archive.namelist())
    if data[:4] == b"%PDF":
        return head + "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    return head + data.decode("utf-8", "ignore")


def leaks(text: str, forbidden: Iterable[str]) -> list[str]:
    """Return the canaries in *text* that this reader may not see."""
    if "CANARY-" not in text:
        return []
    return [word for word in forbidden if word in text]


def likeness(answer: TestResponse) -> tuple[int, str]:
    """Return what must be the same for an object outside and an absent one: status and body without ids and tokens."""
    body = TOKENS.sub("", answer.get_data(as_text=True)) if answer.mimetype in {"text/html", "application/json"} else ""
    # The menu's counts and what an earlier request left to be said are not about this object.
    main = MAIN.search(body)
    body = FLASH.sub("", main.group()) if main else body
    location = answer.headers.get("Location", "")
    return answer.status_code, " ".join(NUMBERS.sub("#", KEYS.sub("", body + location)).replace(">", ">\n").split())
