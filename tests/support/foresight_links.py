# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated links: they have lived through some changes and cycles, and have just been changed once more."""

from __future__ import annotations

import copy
import functools
import pickle
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.engine import standing
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    Scope,
    State,
    Switches,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.rules import rules_of
from entra_emulator.provisioning import attributes
from entra_emulator.provisioning.engine import restart
from entra_emulator.provisioning.template import mapping
from entra_emulator.scenario import load_scenario
from entra_emulator.settings import Settings
from entra_emulator.state import World

from .crowd import scenario
from .emulator import CONTOSO
from .foresight_reading import Generated, Json, account_of, run, source_user, state
from .tenants import assignment, made_up_id

Chance = random.Random

PEOPLE = 12
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
DOMAIN = "contoso.kr"

VALUES: Mapping[str, tuple[Any, ...]] = {
    "department": ("Sales", "Sales Ops", "sales", "People", None),
    "jobTitle": ("Account Executive", "ENGINEER", None),
    "city": ("Seoul", "Zürich", None),
    "state": ("CA", "NSW", None),
    "country": ("KR", "US", None),
    "companyName": ("Contoso", None),
    "givenName": ("Minsu", "Zoë", None),
    "surname": ("Kim", "Groß", None),
    "employeeId": ("7", "42", "1000", None),
    "mobilePhone": ("+82 10 5550 0102", None),
    "officeLocation": ("Seoul HQ 12F", None),
    "businessPhones": (["+82 2 555 0102"], []),
    "employeeHireDate": ("2024-03-01T00:00:00Z", None),
}
"""What users of the source have, by Graph's names."""
EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    "displayName": (
        'Append([displayName], " (Contoso)")',
        'Join(" ", [givenName], [surname])',
        'Switch([companyName], [displayName], "Contoso", Append([displayName], " @ Contoso"))',
        "NormalizeDiacritics([displayName])",
        'Replace([displayName], "Person", , , "User", , )',
    ),
    "department": (
        "ToUpper([department])",
        'Coalesce([department], "None")',
        'IIF([department]="Sales", "Selling", [department])',
        'Switch([department], "Other", "Sales", "S", "", "nobody")',
        'IgnoreFlowIfNullOrEmpty(Switch([department], "", "Sales", "S"))',
    ),
    "jobTitle": ("PCase([jobTitle])", "Left([jobTitle], 3)", 'Word([jobTitle], 2, " ")', "Mid([jobTitle], 2, 4)"),
    "city": ("NormalizeDiacritics([city])", 'Join(", ", [city], [country])', "Coalesce([city], [state])"),
    "state": ('Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney", "QLD", "Australia/Brisbane")',),
    "employeeId": ('Append("C", [employeeId])', 'CStr(InStr([mail], "@"))', "BitAnd([employeeId], 3)"),
    "streetAddress": ('FormatDateTime([employeeHireDate], , "yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-dd")', "StripSpaces([mobile])"),
    "postalCode": ('Replace([mobile], , "[()\\\\s+-]+", , "", , )', 'IIF(IsPresent([country]), [country], "Other")'),
    "preferredLanguage": ('IIF([country]="KR", "ko-KR", IIF([state]="CA", "en-US", "en-GB"))',),
    "showInAddressList": ('IIF([country]="KR", "true", "false")', '"false"', 'Switch([country], "True", "US", "False")'),
    "userType": ('IIF([department]="Sales", "Member", "Guest")',),
    "accountEnabled": ("Not([accountEnabled])", '"true"', 'Switch([country], "True", "US", "False")'),
    "mailNickname": ('Word([mail], 1, "@")', "ToLower([mailNickname])"),
    "companyName": ('"Contoso"', "[companyName]", 'Switch([companyName], "", "Contoso", "Contoso Ltd")'),
    "mobile": ("[mobile]",),
    "extensionAttribute3": ('DateDiff("d", Now(), CDate([employeeHireDate]))', "Guid()", "[netId]"),
}
"""Sources of target attributes. A few of them nobody can compute."""
CLAUSES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("department", "EQUALS", ("Sales",)),
    ("department", "NOT EQUALS", ("Sales",)),
    ("department", "REGEX MATCH", ("Sales",)),
    ("department", "NOT REGEX MATCH", ("^Sales$",)),
    ("department", "IS NOT NULL", ()),
    ("companyName", "IS NULL", ()),
    ("mail", "ENDS_WITH", (f"@{DOMAIN}",)),
    ("mail", "Includes", ("person0000",)),
    ("country", "EQUALS", ("KR", "US")),
    ("employeeId", "Greater_Than", ("40",)),
    ("accountEnabled", "IS TRUE", ()),
)
TRAVELLERS = ("city", "state", "country", "jobTitle")
"""Attributes that change in the source."""


@functools.cache
def _beginning() -> bytes:
    """Two tenants and a link without any user in scope."""
    with tempfile.TemporaryDirectory() as folder:
        world = load_scenario(scenario(PEOPLE, Path(folder)))
    return pickle.dumps(world)


def generated(seed: int) -> Generated:
    """The link of a seed: it has lived through some changes and cycles, and has just been changed once more."""
    chance = Chance(seed)
    world: World = pickle.loads(_beginning())  # noqa: S301  # our own, of this process
    settings, switches = _behaviour(chance)
    link = Generated(world, settings, False, State(Scope("assigned"), rules_of({})), switches)
    for user in link.source.users.values():
        _dress(user, chance)
    _groups(link, chance)
    for user in link.source.users.values():
        _invited(link, user, chance)
    for _number in range(chance.choice((1, 2, 2, 3))):
        _change(link, chance)
        _cycle(link)
    link.before = state(link)
    for user in link.source.users.values():
        if account_of(link, user) is None and standing(source_user(link, user, Counter()), link.before).in_scope is False:
            _invited(link, user, chance, late=True)
    link.story = []
    link.full = _change(link, chance)
    # The emulator takes a value that is another one in each cycle for a change in the source, at which it does not look.
    volatile = any(
        "Guid()" in row["source"]["expression"] or "Now()" in row["source"]["expression"] for row in link.user_mapping["attributeMappings"]
    )
    if link.full or volatile or chance.random() < 0.1:
        link.full = True
        _restart(link)
    for user in list(link.source.users.values()):
        _meanwhile(link, user, chance)
    return link


def _behaviour(chance: Chance) -> tuple[Settings, Switches]:
    settings = Settings(
        throttling=False,
        initial_cycle_seconds_per_object=0,
        regex_match=chance.choice(("anywhere", "whole")),
        restore_soft_deleted=chance.choice(("restore", "unsupported")),
        pending_guests=chance.choice(("joined", "refused")),
        match_existing_guests=chance.random() < 0.75,
        duplicate_mail=chance.choice(("collapse", "refused")),
        administrator_deletion=chance.choice(("refused", "allowed")),
        append_null=chance.choice(("null", "suffix")),
        iif_null=chance.choice(("nothing", "false")),
    )
    told = chance.random() < 0.8
    switches = Switches(
        regex_anywhere=settings.regex_match == "anywhere",
        restores=settings.restore_soft_deleted == "restore",
        matches_guests=settings.match_existing_guests,
        joins_pending_guests=settings.pending_guests == "joined",
        deletes_administrators=settings.administrator_deletion == "allowed",
    )
    return settings, switches if told else Switches()


def _dress(user: Json, chance: Chance) -> None:
    user |= {name: copy.deepcopy(chance.choice(values)) for name, values in VALUES.items()}
    if chance.random() < 0.1:
        user["mail"] = None
    if chance.random() < 0.03:
        user["mail"] = f"shared@{DOMAIN}"
    user["proxyAddresses"] = [f"SMTP:{user['mail']}"] if user["mail"] else []
    if chance.random() < 0.1:
        user["accountEnabled"] = False
    if chance.random() < 0.07:
        user["userType"] = "Guest"


def _groups(link: Generated, chance: Chance) -> None:
    """Three groups; the last one is a member of the first one, so that its members are in no scope through that."""
    people = list(link.source.users)
    for number in range(3):
        group = f"d1000000-0000-4000-8000-00000000000{number}"
        link.source.groups[group] = {"id": group, "displayName": f"Group {number}"}
        link.source.members[group] = chance.sample(people, chance.randrange(1, PEOPLE // 2))
    link.source.members["d1000000-0000-4000-8000-000000000000"].append("d1000000-0000-4000-8000-000000000002")


def _invited(link: Generated, user: Json, chance: Chance, *, late: bool = False) -> None:
    """Some users are in the target before they arrive: as guests or members who redeemed an invitation, or whose invitation is pending.

    A service that does not take them over has none of them in its scope, except for users who arrive with the last change: nothing shows
    that an account which was always there is not one that it provided.
    """
    fate = chance.random()
    if fate >= 0.3 or not user["mail"] or user["mail"].startswith("shared@"):
        return
    if fate >= 0.08 and not late and not link.settings.match_existing_guests:
        return
    pending = fate < 0.08
    name = user["mail"] if pending else user["userPrincipalName"]
    guest: Json = {
        "id": made_up_id(f"{user['id']} {late}"),
        "displayName": "Invited by hand",
        "userPrincipalName": f"{name.replace('@', '_')}#EXT#@{link.target.initial_domain}",
        "mail": user["mail"],
        "proxyAddresses": [f"SMTP:{user['mail']}"],
        "otherMails": [user["mail"]],
        "businessPhones": [],
        "accountEnabled": chance.random() < 0.9,
        "userType": "Guest" if pending else chance.choice(("Guest", "Member")),
        "creationType": "Invitation",
        "externalUserState": "PendingAcceptance" if pending else "Accepted",
    }
    if not pending:
        guest["_alternativeSecurityId"] = attributes.net_id(user)
    link.target.users[guest["id"]] = guest


def _change(link: Generated, chance: Chance) -> bool:
    """Change what is assigned, or the rules. Whether that leads to a full cycle."""
    change = chance.choice((_assign, _assign, _assign_more, _assign_more, _choose_mode, _map, _map, _filter, _act, _members, _nothing))
    full = change(link, chance)
    link.story.append(change.__name__)
    return full


def _assign(link: Generated, chance: Chance) -> bool:
    """Other users and groups are assigned."""
    link.source.assignments[link.principal["id"]] = {}
    return _assign_more(link, chance)


def _assign_more(link: Generated, chance: Chance) -> bool:
    """More users and groups are assigned, few of them with default access."""
    held = link.source.assignments.setdefault(link.principal["id"], {})
    known = {each["principalId"] for each in held.values()}
    people = list(link.source.users.values())
    picked = [
        *chance.sample(people, chance.randrange(0, len(people))),
        *chance.sample(list(link.source.groups.values()), chance.randrange(0, 3)),
    ]
    for each in picked:
        if each["id"] not in known:
            made = {**assignment(link.principal, each), "principalType": "Group" if each["id"] in link.source.groups else "User"}
            if chance.random() < 0.07:
                made["appRoleId"] = DEFAULT_ACCESS
            held[made["id"]] = made
    return False


def _members(link: Generated, chance: Chance) -> bool:
    """A group has other members."""
    group = chance.choice(list(link.source.groups))
    link.source.members[group] = chance.sample(list(link.source.users), 4)
    return False


def _nothing(_link: Generated, _chance: Chance) -> bool:
    """Nothing is changed."""
    return False


def _choose_mode(link: Generated, chance: Chance) -> bool:
    """All users, or the assigned ones."""
    (synchronization,) = link.source.synchronizations.values()
    synchronization.secrets["SyncAll"] = "true" if chance.random() < 0.4 else "false"
    return True


def _map(link: Generated, chance: Chance) -> bool:
    """Other mappings, of which one decides on guest or member."""
    rows = {row["targetAttributeName"]: row for row in link.user_mapping["attributeMappings"]}
    for target in chance.sample(list(EXPRESSIONS), 3):
        if target in ("accountEnabled", "extensionAttribute3", "userType") and chance.random() < 0.8:
            continue
        rows[target] = mapping(
            target, chance.choice(EXPRESSIONS[target]), flow=chance.choice(("Always", "Always", "Always", "ObjectAddOnly"))
        )
        if chance.random() < 0.2 and target not in ("showInAddressList", "accountEnabled", "userType"):
            rows[target]["defaultValue"] = "default"
    if chance.random() < 0.5:
        kind = chance.choice(("Member", "Guest"))
        rows["userType"] = mapping("userType", f'"{kind}"', flow=chance.choice(("Always", "ObjectAddOnly")))
    if chance.random() < 0.15:
        rows.pop(chance.choice(("IsSoftDeleted", "displayName", "mail", "employeeId")), None)
    link.user_mapping["attributeMappings"] = list(rows.values())
    return True


def _filter(link: Generated, chance: Chance) -> bool:
    """Other filters."""
    groups = []
    for number in range(chance.choice((0, 1, 1, 2))):
        clauses = chance.sample(CLAUSES, chance.choice((1, 1, 2)))
        groups.append(
            {
                "name": f"Filter {number}",
                "clauses": [
                    {"sourceOperandName": name, "operatorName": operator, "targetOperand": {"values": list(values)}}
                    for name, operator, values in clauses
                ],
            }
        )
    link.user_mapping["scope"]["groups"] = groups
    return True


def _act(link: Generated, chance: Chance) -> bool:
    """Other target actions."""
    link.user_mapping["flowTypes"] = chance.choice(
        ("Add, Update, Delete", "Add, Update, Delete", "Add,Update", "Update, Delete", "Add, Delete")
    )
    return True


def _meanwhile(link: Generated, user: Json, chance: Chance) -> None:
    """What happened in both tenants since the last cycle. Without a full cycle, nobody can tell a change in the source from an edit in
    the target, so there are none of users who stay.
    """
    account = link.target.users.get(link.job.links.get(user["id"], ""))
    if account is not None:
        if chance.random() < 0.1:
            account["_exchangeLicensed"] = True
        if chance.random() < 0.1:
            account["_directoryRoles"] = [chance.choice(("Global Administrator", "Helpdesk Administrator"))]
    if not link.full:
        return
    earlier, was = copy.deepcopy(user), standing(source_user(link, user, Counter()), link.before)
    fate = chance.random()
    if fate < 0.06:
        user["accountEnabled"] = not user.get("accountEnabled", True)
    elif fate < 0.12:
        user |= {name: copy.deepcopy(chance.choice(VALUES[name])) for name in TRAVELLERS}
    elif fate < 0.14:
        link.source.deleted_items[user["id"]] = link.source.users.pop(user["id"])
        return
    if standing(source_user(link, user, Counter()), link.before) != was:
        # Who left a filter since the last cycle was in scope before, which nothing shows.
        user |= earlier


def _restart(link: Generated) -> None:
    restart(link.world, CONTOSO, link.principal["id"], link.job.id, set(), link.settings)


def _cycle(link: Generated) -> None:
    """Let the next cycle pass, of a job that a changed link restarts."""
    _restart(link)
    run(link)
