# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Starts the emulator for a target that sources this. It ends with the target.

collection=$(ansible-galaxy collection list entra.cross_tenant_sync --format json 2> /dev/null | python -c 'import json, sys; print(next(iter(json.load(sys.stdin))))')
export PYTHONPATH="$collection/entra/cross_tenant_sync/tests/emulator/src${PYTHONPATH:+:$PYTHONPATH}"
if ! python -c 'import msal, requests, entra_emulator.cli'; then
    echo "The libraries of the modules or of the emulator are missing: run ansible-test with --requirements, or first" \
        "pip install -r tests/integration/requirements.txt" >&2
    exit 1
fi

EMULATOR_READY=$(mktemp -d)/ready.json
export EMULATOR_READY CONTOSO_CLIENT_SECRET=contoso-rehearsal-secret FABRIKAM_CLIENT_SECRET=fabrikam-rehearsal-secret
python -c 'from entra_emulator.cli import main; main()' --ready-file "$EMULATOR_READY" &
emulator=$!
trap 'kill "$emulator"; wait "$emulator" || true; rm -rf "$(dirname "$EMULATOR_READY")"' EXIT
while [ ! -e "$EMULATOR_READY" ]; do
    kill -0 "$emulator"
    sleep 0.1
done
