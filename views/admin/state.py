"""The state of a list as its address says it: tab, filters, sort, page; private filters stand behind a random key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from views.admin.filters import Filter
from views.admin.keyset import SIZES, Window
from views.arguments import read_id

MAX_TEXT = 200


def clean(text: str) -> str:
    """Return what was typed without control characters, which no database takes, and cut to what a filter may hold."""
    return "".join(character for character in text if character >= " ").strip()[:MAX_TEXT]


@dataclass(frozen=True)
class ListState:
    """What the address of a list says; ``private`` is filled in from what the server keeps under ``kept``."""

    tab: str = ""
    public: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    sort: str = ""
    is_descending: bool = False
    size: int = SIZES[0]
    page: int | None = None
    after: int | None = None
    before: int | None = None
    is_last: bool = False
    counts_exactly: bool = False
    selection: str = ""

    @property
    def values(self) -> Mapping[str, str]:
        """Return all filters' inputs."""
        return {**self.public, **self.private}

    @property
    def window(self) -> Window:
        """Return which page is wanted."""
        return Window(self.size, self.page, self.after, self.before, self.is_last, self.counts_exactly)

    def fields(self, *drop: str) -> list[tuple[str, str]]:
        """Return the parameters of the address without those named in *drop*."""
        pairs = [
            ("tab", self.tab),
            *self.public.items(),
            ("k", self.kept),
            ("sort", ("-" if self.is_descending else "") + self.sort if self.sort else ""),
            ("size", str(self.size) if self.size != SIZES[0] else ""),
            ("page", str(self.page or "")),
            ("after", str(self.after or "")),
            ("before", str(self.before or "")),
            ("at", "last" if self.is_last else ""),
            ("count", "exact" if self.counts_exactly else ""),
            ("sel", self.selection),
        ]
        return [(name, value) for name, value in pairs if value and name not in drop]

    def query(self, *drop: str) -> str:
        """Return the parameters as a query string."""
        return urlencode(self.fields(*drop))

    def first_page(self, **changes: object) -> ListState:
        """Return the state at its first page, with *changes*."""
        at_first = replace(self, page=None, after=None, before=None, is_last=False)
        return replace(at_first, **changes)  # type: ignore[arg-type]


def read_state(values: Mapping[str, str], filters: Iterable[Filter]) -> ListState:
    """Return the state that the parameters of an address describe; what does not fit is left out."""
    public = {p: clean(values[p]) for each in filters if not each.is_private for p in each.parameters if clean(values.get(p, ""))}
    sort = values.get("sort", "")[:60]
    size = values.get("size", "")
    page = values.get("page", "")
    return ListState(
        tab=values.get("tab", "")[:40],
        public=public,
        kept=values.get("k", "")[:43],
        sort=sort.removeprefix("-"),
        is_descending=sort.startswith("-"),
        size=int(size) if size in {str(s) for s in SIZES} else SIZES[0],
        # A page beyond what can be jumped to is the last that can.
        page=min(int(page[:7]), 10_000) or None if page.isascii() and page.isdigit() else None,
        after=read_id(values.get("after")),
        before=read_id(values.get("before")),
        is_last=values.get("at") == "last",
        counts_exactly=values.get("count") == "exact",
        selection=values.get("sel", "")[:43],
    )


def read_query(query: str, filters: Iterable[Filter]) -> ListState:
    """Return the state of a query string, as a posted form carries it."""
    return read_state(dict(parse_qsl(query[:4000])), filters)
