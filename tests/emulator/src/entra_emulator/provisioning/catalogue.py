# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions an attribute mapping may call, with their parameters (F89).

Names and parameters are those of Microsoft's "Reference for writing expressions for attribute mappings"; ``Trim`` is
from the same reference for cloud sync, ``AltSecIdFromNetId`` from the default mappings (F92). Names are case-sensitive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class FunctionFailure(ValueError):
    """A function was given a value it cannot work with."""


@dataclass(frozen=True)
class Parameter:
    """One parameter; `repeats` counts how many trailing parameters repeat together with this one."""

    name: str
    type: str = "String"
    required: bool = True
    repeats: bool = False


@dataclass(frozen=True)
class Function:
    """A function's signature."""

    name: str
    parameters: tuple[Parameter, ...]
    least: int
    most: int | None
    even: bool = False

    def keys(self, count: int) -> list[str]:
        """The parameter keys of a call with `count` arguments; the repeating ones are numbered (F87)."""
        fixed = [p.name for p in self.parameters if not p.repeats]
        repeating = [p.name for p in self.parameters if p.repeats]
        keys = fixed[:count]
        turn = 1
        while len(keys) < count:
            keys += [f"{name}{turn}" for name in repeating][: count - len(keys)]
            turn += 1
        return keys


def _function(name: str, *parameters: str, least: int | None = None, most: int | None = None, even: bool = False) -> Function:
    """Read ``name[:Type][?][*]``: a question mark makes a parameter optional, a star makes it repeat."""
    parsed = []
    for text in parameters:
        label, _mark, kind = text.rstrip("?*").partition(":")
        parsed.append(Parameter(label, kind or "String", required="?" not in text, repeats="*" in text))
    repeats = any(p.repeats for p in parsed)
    required = sum(p.required for p in parsed)
    top = None if repeats else len(parsed)
    return Function(name, tuple(parsed), required if least is None else least, most if most is not None else top, even)


_ALL = [
    _function("AltSecIdFromNetId", "netId"),
    _function("Append", "source", "suffix"),
    _function("AppRoleAssignmentsComplex", "source"),
    _function("BitAnd", "value1:Integer", "value2:Integer"),
    _function("CBool", "Expression:Boolean"),
    _function("CDate", "expression"),
    _function("Coalesce", "source*", least=1),
    _function("ConvertToBase64", "source"),
    _function("ConvertToUTF8Hex", "source"),
    _function("Count", "attribute"),
    _function("CStr", "value"),
    _function("DateAdd", "interval", "value:Integer", "dateTime:DateTime"),
    _function("DateDiff", "interval", "date1:DateTime", "date2:DateTime"),
    _function("DateFromNum", "value:Integer"),
    _function("FormatDateTime", "source", "dateTimeStyles?", "inputFormat", "outputFormat", least=4),
    _function("Guid"),
    _function("IgnoreFlowIfNullOrEmpty", "Expression"),
    _function("IIF", "condition:Boolean", "valueIfTrue", "valueIfFalse"),
    _function("InStr", "value1", "value2", "start:Integer?", "compareType?"),
    _function("IsNull", "Expression"),
    _function("IsNullOrEmpty", "Expression"),
    _function("IsPresent", "Expression"),
    _function("IsString", "Expression"),
    _function("Item", "attribute", "index:Integer"),
    _function("Join", "separator", "source*", least=2),
    _function("Left", "String", "NumChars:Integer"),
    _function("Mid", "source", "start:Integer", "length:Integer"),
    _function("NormalizeDiacritics", "source"),
    _function("Not", "source:Boolean"),
    _function("Now"),
    _function("NumFromDate", "value"),
    _function("PCase", "source", "wordSeparators?"),
    _function(
        "RandomString",
        "Length:Integer",
        "MinimumNumbers:Integer",
        "MinimumSpecialCharacters:Integer",
        "MinimumCapital:Integer",
        "MinimumLowerCase:Integer",
        "CharactersToAvoid?",
    ),
    _function("Redact", "value"),
    _function("RemoveDuplicates", "attribute"),
    _function(
        "Replace", "source", "oldValue?", "regexPattern?", "regexGroupName?", "replacementValue?", "replacementAttributeName?", "template?"
    ),
    _function("SingleAppRoleAssignment", "source"),
    _function("Split", "source", "delimiter"),
    _function("StripSpaces", "source"),
    _function("Switch", "source", "defaultValue?", "key*", "value*", least=4, even=True),
    _function("ToLower", "source", "culture?"),
    _function("ToUpper", "source", "culture?"),
    _function("Trim", "source"),
    _function("Word", "String", "WordNumber:Integer", "delimiters"),
]

CATALOGUE: dict[str, Function] = {function.name: function for function in _ALL}


def graph_functions(name_key: str = "id") -> list[dict[str, Any]]:
    """`attributeMappingFunctionSchema` objects as ``GET .../schema/functions`` lists them, their names under `name_key`."""
    return [
        {
            name_key: function.name,
            "parameters": [
                {"name": p.name, "type": p.type, "required": p.required, "allowMultipleOccurrences": p.repeats} for p in function.parameters
            ],
        }
        for function in _ALL
    ]
