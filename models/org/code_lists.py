"""The names of the code lists: which standard or list each holds, and what its rows carry besides code and name."""

from __future__ import annotations

from enum import StrEnum

from models.errors import N_


class CodeList(StrEnum):
    """Values of ``CodeEntry.list_name``; what is said of a column stands in ``CodeEntry.extra``."""

    DOCUMENT_TYPE = "document_type"  # GA/T 517; recommended: offered first
    NATIONALITY = "nationality"  # ethnic groups, GB/T 3304
    EDUCATION_LEVEL = "education_level"  # GB/T 4658; group, short (the platform's word), is_group: a heading
    DEGREE = "degree"  # GB/T 6864; level; the parent is the level's own code
    FIELD_OF_STUDY = "field_of_study"  # categories of the Ministry of Education and GB/T 13745; is_group: a heading
    TITLE_SERIES = "title_series"  # the 27 series and "none"; aliases: names on older platforms
    TITLE_LEVEL = "title_level"  # GB/T 12407; group: senior, intermediate, junior, none; aliases
    TITLE_QUALIFICATION = "title_qualification"  # the parent is the series; level: a code of TITLE_LEVEL; branch
    VOCATIONAL_QUALIFICATION = "vocational_qualification"  # national list of 2021; class, levels
    ACADEMIC_TITLE = "academic_title"  # titles of honour; level
    ADMIN_RANK = "admin_rank"  # GB/T 12407
    UNIT_NATURE = "unit_nature"
    UNIT_LEVEL = "unit_level"
    INDUSTRY = "industry"  # GB/T 4754; level: section or division; the parent of a division is its section


NONE_TITLE_SERIES = "00"
"""The series of people without a title."""

NONE_TITLE_LEVEL = "499"
"""The level of people without a title."""

CHOOSE = N_("Choose an entry of the list.")
"""What is said of a code that is not in its list."""
