"""Libraries that are loaded at their first use: what prints, signs or migrates weighs as much as the rest of a process.

This is the one place that loads a module by its name; docs/decisions/memory-of-a-process.md says which ones and why.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """A module that is imported when something of it is first asked for; several threads may ask at once."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return what the module holds under that name, asked once; raises ImportError where the library is not there."""
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found
