#!/usr/bin/env bash
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The life of a link: planned, built, in sync, checked, planned to be removed, removed.
set -euo pipefail
. ../setup_emulator/start.sh

play() {
    local name=$1
    shift
    ansible-playbook -i ../setup_emulator/inventory.yml "entra.cross_tenant_sync.$name" "$@" | tee "$(dirname "$EMULATOR_READY")/output"
}
said() {
    grep --quiet --regexp "$1" "$(dirname "$EMULATOR_READY")/output"
}

play sync --check --diff
said "actions for 1 of 1 link"
play sync
said "changed=[1-9]"
play sync
said "changed=0"
play verify
play teardown --check
play teardown -e link_teardown=contoso_to_fabrikam
said "changed=[1-9]"
play teardown -e link_teardown=contoso_to_fabrikam
said "changed=0"
