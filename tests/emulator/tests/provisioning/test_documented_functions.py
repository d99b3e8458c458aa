# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All functions of Microsoft's reference for expressions with all of its examples (facts F90, F170, F171)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from entra_emulator.provisioning.catalogue import CATALOGUE
from entra_emulator.provisioning.dates import NOW
from entra_emulator.provisioning.examples import DIACRITICS, DOCUMENTED, NOW_IN_EXAMPLES, RANDOM
from entra_emulator.provisioning.expressions import ExpressionError, calls_of, evaluate, parse

CLOCK = {NOW: NOW_IN_EXAMPLES}


@pytest.mark.fact("F90", "Every example of the reference of functions has its documented value")
@pytest.mark.parametrize(("expression", "attributes", "wanted"), DOCUMENTED)
def test_a_documented_example(expression: str, attributes: dict[str, Any], wanted: Any) -> None:
    found = evaluate(parse(expression), {**attributes, **CLOCK})
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(("expression", "form"), RANDOM)
def test_what_differs_each_time(expression: str, form: str) -> None:
    first, second = (str(evaluate(parse(expression), {})) for _time in range(2))
    assert re.fullmatch(form, first) and re.fullmatch(form, second)
    assert first != second


def test_every_function_has_an_example() -> None:
    """Mid and StripSpaces are in the examples of others; two functions are not in this reference."""
    shown = {
        call.name for expression in [*(one[0] for one in DOCUMENTED), *(one[0] for one in RANDOM)] for call in calls_of(parse(expression))
    }
    assert set(CATALOGUE) - shown == {"AltSecIdFromNetId", "Trim"}


def test_a_function_that_only_other_applications_have() -> None:
    """The reference says so of SelectUniqueValue."""
    with pytest.raises(ExpressionError, match="Unknown function 'SelectUniqueValue'"):
        parse('SelectUniqueValue("a", "b")')


def test_the_example_of_an_id() -> None:
    expression = 'Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))'
    wanted = "1000" + "".join(letter for letter in b"00aa00aa-bb11-cc22-dd33-44ee44ee44ee".hex() if letter.isdigit())
    assert evaluate(parse(expression), {"objectId": "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"}) == wanted


@pytest.mark.fact("F171", "NormalizeDiacritics has the documented table of letters")
@pytest.mark.parametrize(("letters", "plain"), DIACRITICS)
def test_letters_with_accents(letters: str, plain: str | None) -> None:
    found = [evaluate(parse("NormalizeDiacritics([name])"), {"name": letter}) for letter in letters.split(", ")]
    assert found == [plain or letter for letter in letters.split(", ")]
