# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page at ``/`` in a real browser, without a window."""

from __future__ import annotations

from pathlib import Path

import browser
import chromium
import pytest
from api import CONTOSO, FABRIKAM
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

pytestmark = pytest.mark.skipif(not (chromium.CHROMIUM and chromium.CHROMEDRIVER), reason=chromium.MISSING)


def cells(row: WebElement) -> list[str]:
    return [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]


def rows(section: WebElement, table: str) -> list[WebElement]:
    return section.find_elements(By.CSS_SELECTOR, f"table[data-table={table}] tbody tr")


def test_a_person_sees_who_came_from_where(tmp_path: Path) -> None:
    """Each tenant's address book, policies and jobs; nothing is loaded from elsewhere, and nothing is wider than the window."""
    with browser.linked(tmp_path) as url, chromium.browser(tmp_path / "profile") as chrome:
        chrome.get(url)
        assert chrome.title == "entra-emulator"
        contoso, fabrikam = (chrome.find_element(By.CSS_SELECTOR, f"section[data-tenant='{tenant}']") for tenant in (CONTOSO, FABRIKAM))
        assert fabrikam.find_element(By.TAG_NAME, "h2").text == "Fabrikam"

        (partner,) = rows(fabrikam, "partners")
        assert cells(partner) == ["Contoso", "allowed", "inherited", "allowed", "none", "nothing"]
        (job,) = rows(contoso, "jobs")
        assert cells(job)[:5] == ["Fabrikam", "Fabrikam", "Active", "Active", "2"]

        people = {cells(row)[0].splitlines()[-1]: cells(row) for row in rows(fabrikam, "people")}
        minsu = people["minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"]
        assert "Kim Minsu" in minsu[0]
        assert minsu[1:3] == ["minsu.kim@contoso.kr\n+82 2 555 0102", "Account Executive\nSales"]
        assert minsu[3:] == ["synchronized from Contoso", "listed", "Member"]
        assert [name for name, row in people.items() if row[3] == "here"]
        assert [name for name, row in people.items() if row[3] == "invited, has not accepted"]

        wide = "return [...document.querySelectorAll('table')].filter(one => one.getBoundingClientRect().right > innerWidth - 32).length"
        assert chrome.execute_script(wide) == 0
        loaded = chrome.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
        assert [one for one in loaded if not one.startswith(url)] == []
