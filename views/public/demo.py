"""The made-up accounts of a demo, shown beside the login window; nothing where the data are not those of a demo."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

DEMO_FILE = "demo_accounts.json"  # written by the seed: a list of {"title", "number", "kind"}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One made-up account that the demo offers; its words are data."""

    title: str
    number: str
    user_type: str


def demo_accounts() -> list[DemoAccount]:
    """Return the made-up accounts, only where the data were seeded as demo."""
    path = Path(current_app.instance_path) / DEMO_FILE
    if not current_app.config["CE_DEMO"] or not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [DemoAccount(str(row["title"]), str(row["number"]), str(row.get("kind", ""))) for row in rows]
