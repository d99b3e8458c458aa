# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests need wherever they run: in ``make test``, in ``ansible-test units`` and in a plain pytest."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.plugins import modules

# Some tests compare the modules with the emulator's own rules. Only its code is used here, so it need not be installed.
sys.path.append(str(Path(__file__).resolve().parents[1] / "emulator" / "src"))

# ansible-test forks a process for each test. What a test imports by a name in a table is imported here, before all of them, and not in each.
for _finder, name, _package in pkgutil.iter_modules(modules.__path__):
    import_module(f"{modules.__name__}.{name}")
