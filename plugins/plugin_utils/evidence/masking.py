# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Replaces personal data in a report by pseudonyms, which are the same for a person everywhere in the report.

Users are found by the members that hold them, and by their form: whatever looks like an address belongs to a person. Pseudonyms keep the
domain, and are numbered in the order of the names, so two maskings of one report are equal. Tenants, groups and domains are kept.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from . import model
from .model import Report

HIDDEN = "(masked)"
"""Stands for the value of an attribute of a user that is no name."""
_ADDRESS = r"\w[\w.!#^~'+%&*-]{0,255}@(?!odata\.)(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\w(?:[\w.-]*\w)?)"
_ID = r"(?<![0-9A-Za-z-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
_FORMS = re.compile(rf"(?P<address>{_ADDRESS})|\busers? (?P<id>{_ID})", re.IGNORECASE)
"""What is a user by its form."""
_GUEST = "#ext#@"
_LISTS = ("users", "missing_users", "people")
"""The members that are lists of users."""
_NAMES = ("user_principal_name", "name", "target_user_principal_name", "target_name")
_IDS = ("source_id", "target_id", "id")
"""The members of a user that hold names and object ids, the best first."""
_NAMING = ("displayname", "givenname", "surname", "mailnickname", "mail", "proxyaddresses", "othermails", "userprincipalname")
"""The attributes whose values are names of the user, wherever they stand."""
_IMPERSONAL = ("usertype", "showinaddresslist", "accountenabled", "usagelocation", "country", "preferredlanguage", "companyname")
"""The attributes whose values may stay."""
_WORDS = ("side", "status", "state", "verdict", "module", "verb", "effect", "address_book", "source", "target", "tenant")
"""The members that hold words of this collection, or a tenant."""
_MEMBERS = frozenset(name for kind in vars(model).values() for name in getattr(kind, "__annotations__", ())) | {
    *("counts", "leaving", "users", "more", "harmed", "importance", "incomplete", "summary", "count", "before", "percent"),
    *(*_NAMES, *_IDS, *_LISTS, "effect", "reason", "changes", "protected_by", "attribute", "after", "unknown"),
}
"""The names of members that this collection gives."""
_SHORTEST = 2
"""A shorter name is not searched for in other texts."""
_DISTINCT = re.compile(r"(?=.*[._\d-]).{5,}")
"""The form of a name before the domain that is no ordinary word."""


@dataclass
class _People:
    """Who is in a report. A person is known by the user principal name in the source, in lower case."""

    persons: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    """Other addresses in lower case, and whose they are."""
    names: dict[str, str] = field(default_factory=dict)
    """Names that are no addresses, such as display names, and whose they are."""
    ids: dict[str, str] = field(default_factory=dict)
    """Object ids in lower case, and whose they are."""

    def add(self, name: str, person: str) -> None:
        """Note another name of a person."""
        text = name.strip()
        self.persons.add(person)
        if re.fullmatch(_ADDRESS, text):
            self.aliases.setdefault(_person(text), person)
        elif len(text) >= _SHORTEST:
            self.names.setdefault(text, person)

    def whose(self, address: str) -> str:
        """The person with an address."""
        person = _person(address)
        return person if person in self.persons else self.aliases.get(person, person)

    def add_id(self, known: str, person: str) -> None:
        """Note an object id of a person."""
        self.persons.add(person)
        self.ids.setdefault(known.lower(), person)


def masked(report: Report, names: Iterable[tuple[str, str]] = ()) -> Report:
    """The report without names, addresses and object ids of users. ``names`` are other names that its texts can contain, each with the address
    of its owner.
    """
    people = _People()
    for name, address in names:
        people.add(name, _person(address))
    texts = list(_texts(report))
    _find(report, people)
    for found in itertools.chain.from_iterable(map(_FORMS.finditer, texts)):
        if found["id"]:
            people.add_id(found["id"], people.ids.get(found["id"].lower(), found["id"].lower()))
        else:
            people.persons.add(people.whose(found["address"]))
    return cast(Report, {**_Mask(people, texts).of(report), "masked": True})


def _person(name: str) -> str:
    """Whose a name is. The name of an account in a target tenant is made from the address in the source."""
    text = name.strip().lower()
    local, guest, _domain = text.partition(_GUEST)
    if guest and "_" in local:
        before, _underscore, domain = local.rpartition("_")
        return f"{before}@{domain}"
    return text


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document, the names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _is_user(value: Mapping[str, Any]) -> bool:
    return any(name in value for name in ("address_book", "user_principal_name", "source_id", "target_id"))


def _find(value: Any, people: _People) -> None:
    """Note the users that members hold."""
    if isinstance(value, Mapping):
        if _is_user(value):
            _find_user(value, people)
        for user in itertools.chain.from_iterable(value[name] for name in _LISTS if isinstance(value.get(name), list)):
            if isinstance(user, str):
                (people.add_id if re.fullmatch(_ID, user) else people.add)(user, _person(user))
        for one in value.values():
            _find(one, people)
    elif isinstance(value, (list, tuple)):
        for one in value:
            _find(one, people)


def _of_user(user: Mapping[str, Any]) -> str | None:
    """Whose the names and ids of a user are."""
    first = next((str(user[name]) for name in (*_NAMES, *_IDS) if user.get(name)), None)
    return None if first is None else _person(first)


def _find_user(user: Mapping[str, Any], people: _People) -> None:
    person = _of_user(user)
    if person is None:
        return
    for name in _NAMES:
        if user.get(name):
            people.add(str(user[name]), person)
    for name in _IDS:
        if user.get(name):
            people.add_id(str(user[name]), person)
    for change in user.get("changes") or ():
        if str(change.get("attribute")).lower() in _NAMING:
            for text in _texts([change.get("before"), change.get("after")]):
                people.add(text[5:] if text.lower().startswith("smtp:") else text, person)


class _Mask:
    """Replaces the people of a report in its texts."""

    def __init__(self, people: _People, texts: Iterable[str]) -> None:
        persons = sorted(people.persons)
        word, width = _word(texts), max(4, len(str(len(persons))))
        self._pseudonyms = {person: f"{word}-{number:0{width}d}" for number, person in enumerate(persons, 1)}
        self._people = people
        beginnings = ((person.rpartition("@")[0], person) for person in persons)
        names = {local: person for local, person in beginnings if _DISTINCT.fullmatch(local)} | people.names
        self._names = {name.lower(): person for name, person in names.items()} | names
        listed = rf"|(?P<name>{_whole(_one_of(sorted(names)))})" if names else ""
        self._pattern = re.compile(rf"(?P<address>{_ADDRESS})|(?P<id>{_ID}){listed}", re.IGNORECASE)

    def text(self, text: str) -> str:
        """A text without people."""
        return self._pattern.sub(self._replaced, text)

    def of(self, value: Any) -> Any:
        """A document without people."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            shown = {name if name in _MEMBERS else self.text(str(name)): self._member(name, one) for name, one in value.items()}
            return self._user(value, shown) if _is_user(value) else shown
        if isinstance(value, (list, tuple)):
            return [self.of(one) for one in value]
        return value

    def _member(self, name: str, value: Any) -> Any:
        return value if name in _WORDS and (isinstance(value, str) or _is_tenant(value)) else self.of(value)

    def _user(self, user: Mapping[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        """A user, whose names and ids are replaced whatever their form is."""
        person = _of_user(user)
        for name in _NAMES:
            if user.get(name) and person is not None and shown[name] == user[name]:
                shown[name] = self._pseudonyms[person]
        if isinstance(user.get("changes"), list):
            shown["changes"] = [self._change(change) for change in user["changes"]]
        return shown

    def _change(self, change: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: self.of(value) for name, value in change.items()}
        attribute = str(change.get("attribute")).lower()
        for name in ("before", "after"):
            stays = attribute in _IMPERSONAL or not list(_texts(change.get(name)))
            if name in change and not stays and (attribute not in _NAMING or shown[name] == change[name]):
                shown[name] = HIDDEN
        return shown

    def _replaced(self, found: re.Match[str]) -> str:
        text = found.group()
        if found.lastgroup == "id":
            person = self._people.ids.get(text.lower())
            return text if person is None else f"{self._pseudonyms[person]}-id"
        if found.lastgroup == "address":
            return self._address(text)
        named = self._names.get(text) or self._names.get(text.lower())
        return self._pseudonyms[named] if named else HIDDEN

    def _address(self, address: str) -> str:
        source, domain = _person(address), address.rpartition("@")[2]
        pseudonym = self._pseudonyms.get(self._people.whose(address), HIDDEN)
        if source == address.lower():
            return f"{pseudonym}@{domain}"
        return f"{pseudonym}_{source.rpartition('@')[2]}#EXT#@{domain}"


def _is_tenant(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"name", "tenant_id"}


def _word(texts: Iterable[str]) -> str:
    """The first word of pseudonyms: one with which no name begins already."""
    known = "\n".join(texts).lower()
    words = itertools.chain(("user", "person", "account"), (f"masked{number}" for number in itertools.count()))
    return next(word for word in words if not re.search(rf"{word}-\d", known))


def _whole(pattern: str) -> str:
    """A pattern that neither begins nor ends inside a word of Latin letters."""
    inside = "[A-Za-z0-9]"
    return f"(?:(?<!{inside})|(?!{inside}))(?:{pattern})(?:(?!{inside})|(?<!{inside}))"


def _one_of(names: list[str]) -> str:
    """A pattern for any of the sorted names, the longest first. What names begin with in common is there once, so that it is fast."""
    pairs = zip(names[0], names[-1], strict=False)
    common = "".join(one for one, _other in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    rests = [name[len(common) :] for name in names]
    groups = itertools.groupby(filter(None, rests), key=lambda rest: rest[0])
    choices = "|".join(_one_of(list(group)) for _first, group in groups)
    optional = "?" if "" in rests else ""
    return re.escape(common) + (f"(?:{choices}){optional}" if choices else "")
