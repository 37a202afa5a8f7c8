"""Words of the portal that several pages share; the Chinese ones stand in the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.credits.tables import DeclarationType, Source, SubjectKind
from models.errors import N_

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        SubjectKind.PUBLIC: N_("Public subject course"),
        SubjectKind.PROFESSIONAL: N_("Professional subject course"),
        SubjectKind.ALL: N_("Both subjects"),
    }
)
TYPES: Mapping[str, str] = MappingProxyType(
    {
        DeclarationType.TRAINING: N_("Training type"),
        DeclarationType.ACHIEVEMENT: N_("Achievement type"),
        DeclarationType.OTHER: N_("Other type"),
    }
)
ELECTIVE: Mapping[str, str] = MappingProxyType({"required": N_("Compulsory"), "elective": N_("Elective")})
ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        Source.ORGANISATION: N_("Training of a unit, decided for all its participants at once"),
        Source.BASE: N_("Declared by a training base"),
        Source.LEARNING: N_("Learning platform"),
    }
)
"""Where a record comes from that its person has not declared herself."""
TABS: Mapping[str, str] = MappingProxyType(
    {
        "all": N_("All"),
        "draft": N_("To be submitted"),
        "pending": N_("Pending review"),
        "approved": N_("Approved"),
        "rejected": N_("Rejected"),
    }
)
