# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes docs/images/emulator.png: Fabrikam's address book after the first cycle. Needs chromium and chromedriver."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browser
import chromium
from api import FABRIKAM

PICTURE = Path(__file__).parents[3] / "docs" / "images" / "emulator.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with browser.linked(folder) as url, chromium.browser(folder / "profile", 1200, 980) as chrome:
            chrome.get(f"{url}/#{FABRIKAM}")
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            chrome.save_screenshot(str(PICTURE))
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
