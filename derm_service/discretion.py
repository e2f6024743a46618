"""What must not stand where others may read it: in a text, an email, on an envelope; pure."""

import re

CLINICAL = (
    *("cancer", "carcinoma", "melanoma", "tumour", "malignan", "biops", "suspected", "urgent"),
    *("dermatolog", "dermatosc", "dermoscop", "skin", "lesion", "mole", "naev", "oncolog"),
    *("intimate", "genital", "chaperone"),
)
"""Beginnings of words; a place or direction that has one is left out."""
_CLINICAL = re.compile(rf"\b(?:{'|'.join(CLINICAL)})", re.IGNORECASE)
_GLUED = re.compile("|".join(CLINICAL), re.IGNORECASE)


def is_discreet(words: str) -> bool:
    """Whether nobody who reads it by chance learns what it is about."""
    return _CLINICAL.search(words) is None


def clinical_word(address: str) -> str:
    """The clinical word in a web address, where words stand glued together; "" without one."""
    found = _GLUED.search(address)
    return found[0].lower() if found else ""
