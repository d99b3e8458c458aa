# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange Online next to the Entra directory: its own recipients, the admin API, and what the address book shows (F146 to F154, F156).

Its directory is fed from the Entra directory (`feed`), can diverge from it (`states`, `writing`), and is asked through cmdlets over HTTP
(`web`, `service`, `cmdlets`).
"""
