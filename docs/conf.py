"""How Sphinx makes the manual from the Markdown beside this file; nothing is loaded from afar."""

# SPDX-License-Identifier: GPL-3.0-or-later

project = "limner"
copyright = "the limner maintainers"
extensions = ["myst_parser"]
# Sections can be linked to by their titles, as on a forge.
myst_heading_anchors = 3
html_theme = "furo"
html_title = "limner"
exclude_patterns = ["_build"]
# Links to files of the repository that are no pages.
suppress_warnings = ["myst.xref_missing"]
