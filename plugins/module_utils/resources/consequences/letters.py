# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Letters in expressions: capitals, words, and letters without accents (fact F171)."""

from __future__ import annotations

import unicodedata

from .model import NotKnown

_TURKISH = ("tr", "az", "lt")
"""Languages whose rules for the letter i differ from those of all others."""
_LETTER_I = frozenset("iI\u0130\u0131")
_REPLACED = {"æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "ß": "ss", "\u0131": "i", "ł": "l", "Ł": "L"}
"""Letters of the documented table that Unicode does not take apart."""
_ONLY_ACCENTED = {"œ": "oe", "Œ": "OE"}
"""Letters that the table lists with an accent only."""
_SEPARATORS = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"))
"""The Unicode categories that separate words."""


def lower(text: str, culture: str = "") -> str:
    """A text in lower case. Each letter stays one letter, as in .NET."""
    _check_culture(text, culture)
    return "".join(_single(letter, letter.lower()) for letter in text)


def upper(text: str, culture: str = "") -> str:
    """A text in upper case. Each letter stays one letter, as in .NET."""
    _check_culture(text, culture)
    return "".join(_single(letter, letter.upper()) for letter in text)


def capitalized(text: str, separators: str) -> str:
    """A text whose words begin with a capital; all other letters are small. Without ``separators``, those of Unicode separate words."""
    result, begins = [], True
    small = lower(text)
    for place, letter in enumerate(small):
        separates = letter in separators if separators else _separates(small, place)
        if begins and not separators and letter.isalpha() and place and small[place - 1].isnumeric():
            raise NotKnown(f"which letter of {text!r} PCase capitalizes is not documented")
        result.append(_single(letter, letter.upper()) if begins else letter)
        # By default a word that begins with a digit is still waiting for its first letter.
        begins = separates or (begins and not separators and letter.isnumeric())
    return "".join(result)


def plain(text: str) -> str:
    """A text without accents, by the documented table."""
    if text.isascii():
        return text
    clusters: list[str] = []
    for letter in text:
        if clusters and unicodedata.category(letter) == "Mn":
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return "".join(_plain(cluster) for cluster in clusters)


def _plain(cluster: str) -> str:
    parts = unicodedata.normalize("NFD", cluster)
    base, marks = parts[0], parts[1:]
    accented = any(unicodedata.category(mark) == "Mn" for mark in marks)
    if base.isascii() and (base.isalpha() or not marks):
        return base
    if base in _REPLACED:
        return _REPLACED[base]
    if accented and base in _ONLY_ACCENTED:
        return _ONLY_ACCENTED[base]
    if accented or base in _ONLY_ACCENTED or " WITH " in unicodedata.name(base, ""):
        raise NotKnown(f"how NormalizeDiacritics replaces {cluster!r} is not documented")
    return cluster


def _single(letter: str, other: str) -> str:
    return other if len(other) == 1 else letter


def _check_culture(text: str, culture: str) -> None:
    """The letter i is the only one whose capital depends on the culture."""
    affected = _LETTER_I.intersection(text)
    if affected <= {"i", "I"} and culture.lower().partition("-")[0] not in _TURKISH:
        return
    if affected:
        raise NotKnown(f"the case of {', '.join(sorted(affected))} depends on the culture")


def _separates(text: str, place: int) -> bool:
    letter = text[place]
    if letter in "'\u2019" and 0 < place < len(text) - 1 and text[place - 1].isalpha() and text[place + 1].isalpha():
        # .NET keeps O'Brien together, the documented list of separators does not.
        raise NotKnown(f"whether PCase begins a word after {letter!r} in {text!r} is not documented")
    return unicodedata.category(letter) in _SEPARATORS
