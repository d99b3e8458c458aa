# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange Online next to the Entra directory: its own recipients, the admin API, and what the address book shows (X1 to X3, X7).

Its directory is fed from the Entra directory (`feed`), can diverge from it (`states`, `writing`), and is asked through cmdlets over HTTP
(`web`, `service`, `cmdlets`). Numbers that begin with X are sections of the fact sheet on Exchange.
"""
