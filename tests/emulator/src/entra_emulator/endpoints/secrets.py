# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning secrets: the connection and its settings (fact F57)."""

from __future__ import annotations

import json

from .. import errors
from ..audit import audit_provisioning
from ..bodies import Secrets, read
from ..call import NO_CONTENT, Call, Reply
from ..requestlog import MASK, is_secret_like
from ..router import Operation
from ..service import synchronization, written
from .jobs import SYNC

PATH = SYNC + "/secrets"


def get_secrets(call: Call) -> Reply:
    readers = {"Synchronization.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
    if call.settings.secrets_read_role == "refused" and not readers & call.caller.roles:
        raise errors.forbidden(call.request.path)
    principal, sync = synchronization(call)
    seen = call.service.replicas.read("secrets", call.tenant.id, principal["id"], sync.secrets) or {}
    shown = [{"key": key, "value": MASK if is_secret_like(key) else value} for key, value in seen.items()]
    context = call.context("Collection(microsoft.graph.synchronizationSecretKeyStringValuePair)")
    return Reply(200, {"@odata.context": context, "value": shown})


def put_secrets(call: Call) -> Reply:
    """Keeps what was not sent, or not (F58); an empty value removes its key."""
    principal, sync = synchronization(call)
    sent = {str(item.key): item.value for item in read(Secrets, call.body).value}
    notification = sent.get("SyncNotificationSettings")
    if notification:
        _check_notification(notification)
    written(call, "secrets", principal["id"], dict(sync.secrets))
    kept = dict(sync.secrets) if call.settings.secrets_put == "merge" else {}
    for key, value in sent.items():
        if value:
            # A masked value that comes back is not a new secret.
            kept[key] = sync.secrets.get(key, value) if value == MASK and is_secret_like(key) else value
        else:
            kept.pop(key, None)
    audit_provisioning(call, "Update provisioning setting or credentials", principal, sync.secrets, kept)
    sync.secrets = kept
    return NO_CONTENT


def _check_notification(text: str) -> None:
    """SyncNotificationSettings is JSON in a string (F60)."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise errors.bad_request("The value of SyncNotificationSettings is not valid JSON.", "BadRequest")


def count_secrets(call: Call) -> Reply:
    shown = get_secrets(call).body["value"]
    return Reply(200, str(len(shown)), {"Content-Type": "text/plain"})


OPERATIONS = [
    Operation("GET", PATH, get_secrets),
    Operation("GET", PATH + "/$count", count_secrets),
    Operation("PUT", PATH, put_secrets, body=True),
]
