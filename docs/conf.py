"""Settings of Sphinx for the site that `make docs` builds."""

from __future__ import annotations

from pathlib import Path

import tomllib

_PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]

project = "proton-provider"
release = _PROJECT["version"]
copyright = "the authors of proton-provider"  # noqa: A001  # Sphinx's name
extensions = ["myst_parser", "sphinx_copybutton"]
# Pulumi's registry reads the two pages. Their front matter and language choosers are its own.
exclude_patterns = ["requirements.txt", "_index.md", "installation-configuration.md"]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["names.js"]
html_favicon = "_static/favicon.svg"
html_domain_indices = False
html_use_index = False
html_copy_source = False
html_show_sphinx = False
pygments_style = "tango"

myst_heading_anchors = 3

# Output is not to be typed.
copybutton_selector = (
    "div.highlight-bash pre, div.highlight-python pre, div.highlight-yaml pre, div.highlight-json pre, "
    "div.highlight-typescript pre, div.highlight-go pre"
)
