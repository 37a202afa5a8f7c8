"""All commands of `python -m admin_app`; each module registers its own when it is imported."""

from admin_app.commands import backup, data, people, receipts, running, years
from admin_app.commands.root import main

__all__ = ["backup", "data", "main", "people", "receipts", "running", "years"]
