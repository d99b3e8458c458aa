# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands for Exchange Online PowerShell: whatever a directory contains, each line is a comment or one of the known commands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import commands
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.verdict import NAMES, Judged, judge
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.address_book import (
    CONTACT,
    GUID,
    ID,
    INDEXES,
    NAME,
    OTHER,
    absent,
    contact,
    entra,
    logged,
    people,
    person,
    recipient,
    situation,
    situations,
    source,
)

MANY = settings(max_examples=200, deadline=None)
QUOTES = "'\u2018\u2019\u201a\u201b"
TENANT = "fabrikam.onmicrosoft.com"
TENANT_ID = "afab079d-1f08-4de3-881e-435e497f923f"

# --------------------------------------------------------------------------------------------- an independent reader of PowerShell


class NotPowerShell(ValueError):
    """A text that does not end where its line ends."""


def tokens(line: str) -> list[str]:
    """A line of PowerShell without double-quoted strings: words, punctuation, and strings as ``'`` and what they mean.

    A comment is a single token. Five characters are single quotes to PowerShell, and each of them ends a string that another began.
    """
    found: list[str] = []
    position = 0
    while position < len(line):
        character = line[position]
        if character == " ":
            position += 1
        elif character == "#":
            return [*found, line[position:]]
        elif character in QUOTES:
            text, position = literal(line, position + 1)
            found.append(f"'{text}")
        elif character in "{}()|,":
            found.append(character)
            position += 1
        else:
            word = re.match(r"[\w$@&.=+\-\[\]]+", line[position:], re.ASCII)
            if word is None:
                raise NotPowerShell(f"{character!r} at {position} in {line!r}")
            found.append(word[0])
            position += word.end()
    return found


def literal(line: str, position: int) -> tuple[str, int]:
    """The meaning of a string, and where it ends. Two quotes after each other are one, the second."""
    text = ""
    while position < len(line):
        if line[position] in QUOTES:
            if line[position + 1 : position + 2] not in tuple(QUOTES):
                return text, position + 1
            position += 1
        text += line[position]
        position += 1
    raise NotPowerShell(f"a string without an end in {line!r}")


KNOWN = """
& {
}
try { if ( @ ( ( Get-AcceptedDomain -ErrorAction Stop ) .DomainName ) -notcontains VALUE ) { throw TEXT } } catch { throw }
try { if ( -not ( Get-ConnectionInformation ) -or ( Get-ConnectionInformation ) .TenantID -ne ID ) { throw TEXT } } catch { throw }
Set-MailUser -Identity ID -HiddenFromAddressListsEnabled $false
Set-MailUser -Identity ID -CustomAttribute15 'x
Set-MailUser -Identity ID -CustomAttribute15 $null
Set-MailUser -Identity ID -ExternalEmailAddress VALUE
Set-Mailbox -Identity ID -HiddenFromAddressListsEnabled $false
Get-Recipient -Identity ID | Format-List DisplayName , RecipientTypeDetails , HiddenFromAddressListsEnabled , AddressListMembership
Get-Recipient -Identity ID | Format-List DisplayName , RecipientTypeDetails , EmailAddresses , IsDirSynced
Get-MailContact -Identity ID | Export-Clixml -Path FILE -NoClobber
Get-MailContact -Identity ID | ForEach-Object { Get-DistributionGroup -ResultSize Unlimited -Filter ( 'Members~-eq~'{0}' -f ( $_.DistinguishedName -replace '' , ''' ) ) } | Export-Clixml -Path FILE -NoClobber
Remove-MailContact -Identity ID -WhatIf
"""  # noqa: E501  # one command a line
HEX = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
STANDS_FOR = {
    "VALUE": re.compile("'[^\n]*", re.DOTALL),
    "TEXT": re.compile("'These commands are for tenant .*", re.DOTALL),
    "ID": re.compile(f"'{HEX}", re.IGNORECASE),
    "FILE": re.compile(f"'contact-{HEX}(-groups)?\\.xml", re.IGNORECASE),
}


def shapes() -> Iterator[list[str]]:
    for line in KNOWN.strip().splitlines():
        yield [token.replace("~", " ") for token in line.split(" ")]


def is_known(line: str) -> bool:
    found = tokens(line.strip())
    return any(len(shape) == len(found) and all(map(fits, shape, found)) for shape in shapes())


def fits(expected: str, token: str) -> bool:
    pattern = STANDS_FOR.get(expected)
    return bool(pattern.fullmatch(token)) if pattern else expected == token


def is_comment(line: str) -> bool:
    return line.startswith("    # ")


def values(line: str) -> list[str]:
    """What the strings of a command mean."""
    return [token[1:] for token in tokens(line.strip()) if token.startswith("'")]


class TestReader:
    """The reader of this test is right about what it is to prove."""

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("Get-X 'a' -B $null", ["Get-X", "'a", "-B", "$null"]),
            ("'it''s'", ["'it's"]),
            ("'a\u2019\u2019b'", ["'a\u2019b"]),
            ("'a\u2019; Remove-X'", NotPowerShell),
            ("'a'; b", NotPowerShell),
            ("'a", NotPowerShell),
            ("'a''", NotPowerShell),
            ("x # 'y", ["x", "# 'y"]),
            ('x "y"', NotPowerShell),
            ("x `y", NotPowerShell),
            ("x; y", NotPowerShell),
            ("''''", ["''"]),
            ("$(x)", ["$", "(", "x", ")"]),
        ],
    )
    def test_tokens(self, line: str, expected: list[str] | type[NotPowerShell]) -> None:
        if isinstance(expected, list):
            assert tokens(line) == expected
        else:
            with pytest.raises(expected):
                tokens(line)

    @pytest.mark.parametrize(
        "line",
        [
            "Remove-MailContact -Identity '30000000-0000-4000-8000-000000000001'",
            "Set-MailUser -Identity 'Kim Minsu' -HiddenFromAddressListsEnabled $false",
            "Set-MailUser -Identity '' -HiddenFromAddressListsEnabled $false",
            "Get-Recipient",
        ],
    )
    def test_what_is_not_known(self, line: str) -> None:
        assert not is_known(line)


# ----------------------------------------------------------------------------------------------------------------------- quoting

NASTY = "'\u2018\u2019\u201a\u201b\"\u201c\u201d$`;|&(){}[]@#\\<>%!~\u2013 \t\r\n\x00\x1b\x85\u2028\u2029\u202e\u200bab9.한é"
nasty = st.text(alphabet=NASTY, max_size=20) | st.text(max_size=20)


def unusable(text: str) -> bool:
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text)


class TestQuoting:
    @MANY
    @given(nasty)
    def test_a_string_means_its_value_or_is_refused(self, value: str) -> None:
        if unusable(value):
            with pytest.raises(commands.Unusable, match="control characters"):
                commands.quoted(value)
        else:
            assert tokens(commands.quoted(value)) == [f"'{value}"]

    @pytest.mark.parametrize("quote", QUOTES, ids=ascii)
    def test_every_single_quote_is_doubled(self, quote: str) -> None:
        assert commands.quoted(f"a{quote}b") == f"'a{quote}{quote}b'"

    @pytest.mark.parametrize(
        "value", ["a\nb", "a\rb", "a\tb", "\x00", "\x1b[A", "a\x85", "\u2028", "\u2029", "\u202e", "\u200b", "\ud800"], ids=ascii
    )
    def test_what_ends_a_line_or_misleads_is_refused(self, value: str) -> None:
        with pytest.raises(commands.Unusable):
            commands.quoted(value)

    @pytest.mark.parametrize("value", ["$(Remove-MailContact x)", "`n", "a; b", '"', "#", "@{}", "한"])
    def test_everything_else_is_literal(self, value: str) -> None:
        assert commands.quoted(value) == f"'{value}'"


# --------------------------------------------------------------------------------------------------------------------- the file


def file(*users: Judged, tenant: str = TENANT) -> list[str]:
    return commands.lines(users, tenant)


def of(**changes: Any) -> Judged:
    return judge(person(**changes), situation())


def written(user: Judged) -> list[str]:
    """The lines for a user, without the block, the checks and the comment that names the user."""
    return [line.strip() for line in file(user)[3:-1]]


HIDDEN = of(recipient=recipient(hidden=True))
TAKEN = of(recipient=None, rivals=(contact(),))


class TestFile:
    def test_of_a_user_who_is_hidden(self) -> None:
        assert file(HIDDEN) == [
            "& {",
            "    try { if (@((Get-AcceptedDomain -ErrorAction Stop).DomainName) -notcontains 'fabrikam.onmicrosoft.com') "
            "{ throw 'These commands are for tenant fabrikam.onmicrosoft.com. Connect to its Exchange Online first.' } } catch { throw }",
            f"    # User {NAME}: hidden_in_exchange, Exchange hides the user, although showInAddressList is true in Entra.",
            f"    Set-MailUser -Identity '{GUID}' -HiddenFromAddressListsEnabled $false",
            "}",
        ]

    @pytest.mark.parametrize(
        ("tenant", "checks"),
        [
            (TENANT, [TENANT]),
            ("Fabrikam.KR", ["fabrikam.kr", TENANT]),
            (TENANT_ID, [TENANT_ID, TENANT]),
        ],
    )
    def test_begins_with_checks_of_the_tenant(self, tenant: str, checks: list[str]) -> None:
        """Fact F156: a session can reach another tenant."""
        lines = file(HIDDEN, TAKEN, tenant=tenant)
        assert [values(line)[0] for line in lines[1 : 1 + len(checks)]] == checks
        assert all(tenant in values(line)[1] for line in lines[1 : 1 + len(checks)])
        assert is_comment(lines[1 + len(checks)])

    @pytest.mark.parametrize("name", ["x", "x@", "x@a'; Remove-MailContact b", "x@a b.c"])
    def test_a_name_without_a_usable_domain_adds_no_check(self, name: str) -> None:
        user = replace(HIDDEN, person=replace(HIDDEN.person, entra=entra(user_principal_name=name)))
        assert file(user, tenant=TENANT)[1:2] == file(HIDDEN)[1:2]
        assert is_comment(file(user)[2])

    def test_a_tenant_with_control_characters_is_refused(self) -> None:
        with pytest.raises(commands.Unusable):
            file(HIDDEN, tenant="a\nb")

    def test_there_is_none_if_there_is_nothing_to_do(self) -> None:
        assert file() == file(of()) == []

    def test_windows_powershell_reads_it_as_it_was_written(self) -> None:
        """Without the mark, the second byte of a letter can be a quote in the code page of the machine."""
        assert "Ñ".encode().decode("cp1252") == "Ã\u2018"
        assert "x".encode(commands.ENCODING).startswith(b"\xef\xbb\xbf")


class TestVerdicts:
    @pytest.mark.parametrize("of_a_guest", [False, True], ids=["member", "guest"])
    def test_hidden_in_exchange(self, of_a_guest: bool) -> None:
        user = of(recipient=recipient(hidden=True, kind="GuestMailUser" if of_a_guest else "MailUser"))
        assert written(user) == [f"Set-MailUser -Identity '{GUID}' -HiddenFromAddressListsEnabled $false"]

    def test_not_indexed(self) -> None:
        """Any write computes the lists anew (fact F151)."""
        assert written(of(recipient=recipient(lists=INDEXES))) == [
            f"Set-MailUser -Identity '{GUID}' -CustomAttribute15 'x'",
            f"Set-MailUser -Identity '{GUID}' -CustomAttribute15 $null",
        ]

    @pytest.mark.parametrize("mark", ["VIP", None])
    def test_an_attribute_that_is_in_use_is_not_written(self, mark: str | None) -> None:
        (line,) = written(of(recipient=recipient(lists=(), mark=mark)))
        assert line.startswith("# By hand: change any attribute")

    def test_wrong_address(self) -> None:
        wrong = recipient(external_address=OTHER)
        assert written(of(recipient=wrong)) == [f"Set-MailUser -Identity '{GUID}' -ExternalEmailAddress '{NAME}'"]

    def test_an_address_with_a_quote(self) -> None:
        """``o'brien`` is a common one."""
        user = of(source=source(mail="mary.o'brien@contoso.kr"), recipient=recipient(external_address=OTHER))
        assert written(user) == [f"Set-MailUser -Identity '{GUID}' -ExternalEmailAddress 'mary.o''brien@contoso.kr'"]

    def test_an_address_that_cannot_be_a_value(self) -> None:
        user = of(source=source(mail="a@b\n; Remove-MailContact x"), recipient=recipient(external_address=OTHER))
        assert written(user) == ["# No command: a value has control characters."]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"hidden": True}, [f"Set-Mailbox -Identity '{GUID}' -HiddenFromAddressListsEnabled $false"]),
            ({"lists": ()}, ["# By hand: change it in Exchange with Set-Mailbox; the synchronization cannot."]),
            (
                {"hidden": True, "directory_synced": True},
                ["# By hand: change it in Exchange with Set-Mailbox; the synchronization cannot."],
            ),
            ({}, []),
            ({"lists": None}, []),
        ],
        ids=["hidden", "in no list", "on premises", "listed", "not told"],
    )
    def test_has_mailbox(self, changes: dict[str, Any], expected: list[str]) -> None:
        assert written(of(recipient=recipient(kind="UserMailbox", **changes))) == expected

    @pytest.mark.parametrize("changes", [{"hidden": True}, {"lists": ()}, {"external_address": OTHER}], ids=str)
    def test_what_an_on_premises_directory_manages_is_done_there(self, changes: dict[str, Any]) -> None:
        user = of(recipient=recipient(directory_synced=True, **changes))
        assert written(user) == ["# By hand: change the recipient in its on-premises directory, which manages it."]

    def test_address_taken_by_a_contact(self) -> None:
        """Fact F122. What cannot be undone is written with -WhatIf, after an export that replaces no earlier one."""
        groups = (
            "Get-DistributionGroup -ResultSize Unlimited -Filter ('Members -eq ''{0}''' -f ($_.DistinguishedName -replace '''', ''''''))"
        )
        assert written(TAKEN) == [
            f"Get-MailContact -Identity '{CONTACT}' | Export-Clixml -Path 'contact-{CONTACT}.xml' -NoClobber",
            f"Get-MailContact -Identity '{CONTACT}' | ForEach-Object {{ {groups} }} "
            f"| Export-Clixml -Path 'contact-{CONTACT}-groups.xml' -NoClobber",
            f"Remove-MailContact -Identity '{CONTACT}' -WhatIf",
            "# If both files have been written, repeat the command above without -WhatIf. This cannot be undone.",
            "# Then provision the user with sync_on_demand, and wait until Exchange has the user.",
            f"# Then: Set-MailUser -Identity '{ID}' -EmailAddresses @{{ Add = 'X500:' + "
            f"(Import-Clixml -Path 'contact-{CONTACT}.xml').LegacyExchangeDN }}",
            f"# Then: Import-Clixml -Path 'contact-{CONTACT}-groups.xml' | ForEach-Object "
            f"{{ Add-DistributionGroupMember -Identity $_.Guid.ToString() -Member '{ID}' }}",
        ]

    def test_address_taken_before_there_is_a_user_object(self) -> None:
        lines = [line.strip() for line in file(judge(absent(rivals=(contact(),)), situation()))]
        assert [line for line in lines if line.startswith("# Then")] == [
            "# Then provision the user with sync_on_demand, and wait until Exchange has the user."
        ]

    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"directory_synced": True}, "MailContact Kim (contact) in its on-premises directory"),
            ({"kind": "MailUniversalDistributionGroup"}, "MailUniversalDistributionGroup Kim (contact) by hand"),
            ({"kind": "UserMailbox"}, "UserMailbox Kim (contact) by hand"),
        ],
        ids=["on premises", "group", "mailbox"],
    )
    def test_only_a_contact_of_exchange_is_removed(self, changes: dict[str, Any], where: str) -> None:
        look, comment = written(of(recipient=None, rivals=(contact(**changes),)))
        assert look == f"Get-Recipient -Identity '{CONTACT}' | Format-List DisplayName, RecipientTypeDetails, EmailAddresses, IsDirSynced"
        assert comment == f"# Remove the address from {where}."

    def test_several_recipients_with_the_address(self) -> None:
        user = of(recipient=None, rivals=(contact(), contact(guid=GUID, object_id=GUID)))
        removed = [values(line) for line in written(user) if line.startswith("Remove-")]
        assert removed == [[CONTACT], [GUID]]

    def test_unknown_because_exchange_was_not_asked(self) -> None:
        look = f"Get-Recipient -Identity '{ID}' | Format-List DisplayName, RecipientTypeDetails, HiddenFromAddressListsEnabled, "
        look += "AddressListMembership"
        show = f"Set-MailUser -Identity '{ID}' -HiddenFromAddressListsEnabled $false"
        assert written(of(recipient=None, unasked="no role")) == [look, show]
        for wish in (False, None):
            assert written(of(recipient=None, unasked="no role", entra=entra(show_in_address_list=wish))) == [look]

    @pytest.mark.parametrize(
        "user",
        [
            of(),
            of(recipient=recipient(lists=None)),
            of(recipient=None),
            of(source=None),
            of(entra=entra(pending=True)),
            of(recipient=recipient(hidden=True), entra=entra(show_in_address_list=False)),
            judge(absent(), situation()),
            judge(absent(deleted=True), situation()),
            judge(absent(unasked="no role"), situation()),
            judge(absent(logged=logged("failure")), situation()),
            judge(absent(logged=logged("skipped")), situation()),
        ],
        ids=lambda user: user.verdict,
    )
    def test_nothing_for_what_no_command_helps(self, user: Judged) -> None:
        assert file(user) == []

    @pytest.mark.parametrize(
        ("guid", "object_id", "line"),
        [
            ("", ID, f"Set-MailUser -Identity '{ID}' -HiddenFromAddressListsEnabled $false"),
            ("Kim Minsu", ID, f"Set-MailUser -Identity '{ID}' -HiddenFromAddressListsEnabled $false"),
            ("", "", "# No command: the id of the recipient is not known."),
            ("$null", "*", "# No command: the id of the recipient is not known."),
        ],
    )
    def test_a_recipient_is_named_by_an_id_or_not_at_all(self, guid: str, object_id: str, line: str) -> None:
        """Fact F146: without a value, Identity selects all."""
        assert written(of(recipient=recipient(hidden=True, guid=guid, object_id=object_id))) == [line]


def spoilt(user: Judged, text: str) -> Judged:
    """The user with a text of an attacker wherever a directory has one."""
    known = user.person
    bad = replace(
        known,
        name=text,
        source=known.source and replace(known.source, user_principal_name=text, mail=text),
        entra=known.entra and replace(known.entra, user_principal_name=text, display_name=text, id=text if len(text) % 2 else ID),
        recipient=known.recipient and replace(known.recipient, name=text),
        rivals=tuple(replace(rival, name=text, guid=text if len(text) % 3 else rival.guid) for rival in known.rivals),
    )
    return replace(user, person=bad, reason=f"reason {text}", remedy=f"remedy {text}")


class TestProperties:
    @MANY
    @given(st.lists(st.tuples(people, situations, nasty), min_size=1, max_size=4), st.sampled_from([TENANT, TENANT_ID]) | nasty)
    def test_every_line_is_a_comment_or_a_known_command(self, crowd: list[Any], tenant: str) -> None:
        users = [spoilt(judge(user, where), text) for user, where, text in crowd]
        if unusable(tenant):
            return
        lines = commands.lines(users, tenant)
        assert all(is_comment(line) or is_known(line) for line in lines)
        assert not any(unusable(line) for line in lines)
        assert lines == [] or (lines[0], lines[-1]) == ("& {", "}")

    @MANY
    @given(nasty, st.sampled_from([recipient(hidden=True), recipient(lists=()), recipient(external_address=OTHER), None]))
    def test_values_are_as_intended(self, text: str, found: Any) -> None:
        user = spoilt(of(recipient=found, rivals=() if found else (contact(),)), text)
        lines = [line for line in commands.lines([user], TENANT)[2:-1] if not is_comment(line)]
        for line in lines:
            identity = tokens(line.strip())[2][1:]
            assert identity in (GUID, CONTACT)
            if "-ExternalEmailAddress" in line:
                assert values(line) == [GUID, text or NAME]

    @MANY
    @given(st.lists(st.tuples(people, situations), max_size=5))
    def test_nothing_irreversible_is_written_without_whatif_and_an_export(self, crowd: list[Any]) -> None:
        lines = commands.lines([judge(*both) for both in crowd], TENANT)
        for number, line in enumerate(lines):
            if line.strip().startswith("Remove-"):
                (identity,) = values(line)
                assert line.endswith(" -WhatIf")
                assert lines[number - 2].strip().startswith(f"Get-MailContact -Identity '{identity}' | Export-Clixml ")

    def test_every_writer_belongs_to_a_verdict(self) -> None:
        assert set(commands._WRITERS) <= set(NAMES)
