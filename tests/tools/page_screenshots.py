# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of a plan and a report in docs/images. Needs chromium and chromedriver, and PYTHONPATH=.build:

python -m ansible_collections.entra.cross_tenant_sync.tests.tools.page_screenshots
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.page import plan_page, report_page
from ansible_collections.entra.cross_tenant_sync.tests.emulator.tests import chromium
from ansible_collections.entra.cross_tenant_sync.tests.support import evidence

IMAGES = Path(__file__).parents[2] / "docs" / "images"


@dataclass(frozen=True)
class Picture:
    """A part of a page: from the top of an element, so many pixels."""

    name: str
    page: Callable[[], str]
    width: int
    height: int
    scheme: str
    begin: str


PICTURES = (
    Picture("report", lambda: report_page(evidence.small_report()), 1120, 880, "light", "body"),
    Picture("report_link", lambda: report_page(evidence.small_report()), 1120, 1180, "dark", "details.link"),
    Picture("report_phone", lambda: report_page(evidence.small_report()), 390, 1080, "light", "body"),
    Picture("plan", lambda: plan_page(evidence.small_plan()), 1120, 1180, "light", "details.link"),
)


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium.browser(Path(name) / "profile") as chrome:
        page = Path(name) / "page.html"
        for picture in PICTURES:
            page.write_text(picture.page(), encoding="utf-8")
            features = [{"name": "prefers-color-scheme", "value": picture.scheme}]
            chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            size = {"width": picture.width, "height": picture.height, "deviceScaleFactor": 1, "mobile": False}
            chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            chrome.get(page.as_uri())
            top = chrome.execute_script("return document.querySelector(arguments[0]).getBoundingClientRect().top - 16", picture.begin)
            clip = {"x": 0, "y": max(0, top), "width": picture.width, "height": picture.height, "scale": 1}
            taken = chrome.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
            (IMAGES / f"{picture.name}.png").write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
