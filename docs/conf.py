"""Sphinx: `sphinx-build -W docs build/docs`."""

from runs_core import __version__

project = "runs-core"
author = "The runs-core developers"
project_copyright = f"2026 {author}"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid"]
html_theme = "furo"
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
# Docstrings are Markdown in spirit: one backtick is code, not a cross-reference.
default_role = "code"
# Several classes have a field `type`; annotations that name the builtin find them all.
suppress_warnings = ["ref.python"]
