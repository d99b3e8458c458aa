# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the documentation site, which `make docs` builds."""

project = "entra.cross_tenant_sync"
author = "the entra.cross_tenant_sync authors"
project_copyright = f"2026, {author}"
html_title = project
language = "en"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
# Anchors are made as where the repository is hosted, so that one link works at both places.
myst_heading_anchors = 6
myst_enable_extensions = ["attrs_inline"]
# Quotation marks and dashes stay those of the source: most of them are in what users copy.
smartquotes = False
highlight_language = "yaml+jinja"
# The build makes this inventory itself, because it must not need the network.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", "ansible.inv")}

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
