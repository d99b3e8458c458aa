#!/usr/bin/env bash
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
. ../setup_emulator/start.sh
ansible-playbook -i ../setup_emulator/inventory.yml life.yml "$@"
# The same in module processes, as on a remote host.
ansible-playbook -i ../setup_emulator/inventory.yml life.yml -e cross_tenant_sync_module_process=true "$@"
