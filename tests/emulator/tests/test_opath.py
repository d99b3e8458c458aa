# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OPATH, the language of Exchange's filters (F151)."""

from __future__ import annotations

from typing import Any

import pytest

from entra_emulator.exchange.opath import FilterError, compile_filter

ANN: dict[str, Any] = {
    "DisplayName": "Ann O'Hara",
    "Alias": "ann",
    "ExternalDirectoryObjectId": "aaaaaaaa-0000-4000-8000-000000000001",
    "HiddenFromAddressListsEnabled": True,
    "RecipientTypeDetails": "GuestMailUser",
    "EmailAddresses": ["SMTP:ann@contoso.kr", "smtp:ann.ohara@contoso.kr", "X500:/o=x"],
    "CustomAttribute15": "",
    "ExternalEmailAddress": None,
}


@pytest.mark.fact("F151", "Filters: -eq, -ne, -like, -and, -or, -not, parentheses, doubled quotation marks, $null")
@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Alias -eq 'ANN'", True),
        ("alias -EQ 'ann'", True),
        ("Alias -ne 'ann'", False),
        ("DisplayName -eq 'Ann O''Hara'", True),
        ("DisplayName -like 'ann*'", True),
        ("DisplayName -like '*hara'", True),
        ("DisplayName -like 'a*x*'", False),
        ("DisplayName -like 'a.*'", False),
        ("HiddenFromAddressListsEnabled -eq 'True'", True),
        ("HiddenFromAddressListsEnabled -eq 'False'", False),
        ("RecipientTypeDetails -eq 'GuestMailUser' -and HiddenFromAddressListsEnabled -eq 'True'", True),
        ("RecipientTypeDetails -eq 'MailUser' -or RecipientTypeDetails -eq 'GuestMailUser'", True),
        ("-not (Alias -eq 'ann')", False),
        ("-not Alias -eq 'bob'", True),
        ("(Alias -eq 'ann' -or Alias -eq 'bob') -and -not (DisplayName -like 'b*')", True),
        ("EmailAddresses -eq 'smtp:ann.ohara@contoso.kr'", True),
        ("EmailAddresses -eq 'ann@contoso.kr'", True),
        ("EmailAddresses -like '*@contoso.kr'", True),
        ("EmailAddresses -eq 'smtp:bob@contoso.kr'", False),
        ("EmailAddresses -ne 'smtp:ann@contoso.kr'", False),
        ("ExternalEmailAddress -eq $null", True),
        ("CustomAttribute15 -eq $null", True),
        ("Alias -ne $null", True),
    ],
)
def test_filters_hold_or_not(text: str, holds: bool) -> None:
    """F151: the subset that is asked here."""
    assert compile_filter(text)(ANN) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Alias",
        "Alias -eq ann",
        'Alias -eq "ann"',
        "Alias -eq 'O'Hara'",
        "Alias -eq 'ann",
        "Alias -eq 'ann' -and",
        "Alias = 'ann'",
        "Alias -gt 'ann'",
        "Alias -like $null",
        "Nickname -eq 'ann'",
        "(Alias -eq 'ann'",
        "Alias -eq 'a' -or Alias -eq 'b' -and Alias -eq 'c'",
        "HiddenFromAddressListsEnabled -eq $true",
    ],
)
def test_the_rest_is_refused(text: str) -> None:
    """F151: what is not in the subset, what is ambiguous, and $true, which Microsoft's module rewrites (F146)."""
    with pytest.raises(FilterError):
        compile_filter(text)


def test_hundreds_of_people_in_one_filter() -> None:
    """F151: named people are asked for in chunks."""
    ids = [f"aaaaaaaa-0000-4000-8000-{number:012}" for number in range(500)]
    holds = compile_filter(" -or ".join(f"ExternalDirectoryObjectId -eq '{key}'" for key in ids))
    assert holds(ANN) and not holds({**ANN, "ExternalDirectoryObjectId": "bbbbbbbb-0000-4000-8000-000000000001"})
