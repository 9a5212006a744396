"""Settings of Sphinx for the site that `make docs` builds."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "proton-provider"
copyright = "the authors of proton-provider"  # noqa: A001  # Sphinx's name
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "command_help",
    "long_names",
    "members",
]
exclude_patterns = ["requirements.txt"]

html_theme = "furo"
html_title = "proton-provider"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_domain_indices = False
html_use_index = False
html_copy_source = False
html_show_sphinx = False
pygments_style = "tango"

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # those of Pulumi inputs fill a screen; the docstrings say what is taken
autodoc_class_signature = "mixed"
add_module_names = False
default_role = "code"  # docstrings write `code` with single backticks

# Names of the SDK and of the standard library: their own documentation is elsewhere, and this site is built offline.
nitpick_ignore_regex = [("py:.*", r".*")]

# Output is not to be typed.
copybutton_selector = (
    "div.highlight-bash pre, div.highlight-python pre, div.highlight-yaml pre, div.highlight-json pre, "
    "div.highlight-typescript pre, div.highlight-go pre"
)
