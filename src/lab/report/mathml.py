"""A Sphinx extension that writes formulas as MathML, which browsers draw without a script or a font of ours."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.util import logging

_log = logging.getLogger(__name__)
# What the converter does not know it leaves in its output: commands, columns, ends of lines.
_PASSED_ON = ("\\", "<mi>&</mi>", 'linebreak="newline"', "<merror")


def setup(app: Any) -> dict[str, Any]:
    """Offer the renderer as `mathml`; `_config.yml` chooses it by `html_math_renderer`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as a `<math>` element; display: "inline" or "block". ValueError if there is no way to show it."""
    from latex2mathml.converter import convert  # only where a book is built

    if latex.count("{") != latex.count("}"):
        raise ValueError(f"a brace is missing in the formula {latex}")
    try:
        text = convert(_in_known_environments(latex), display=display)
    except Exception as error:  # it has a dozen of its own, with no class in common
        raise ValueError(f"the formula {latex} can't be read: {type(error).__name__}") from error
    text = text.replace("<mtable>", '<mtable displaystyle="true">').replace(r"\_", "_")
    if any(sign in text for sign in _PASSED_ON):
        raise ValueError(f"the formula {latex} has a command or an environment that MathML can't show")
    return text


def _in_known_environments(latex: str) -> str:
    """The converter has no `gathered` and no `aligned`, but a matrix of one column and lines without numbers."""
    return latex.replace("{gathered}", "{matrix}").replace("{aligned}", "{align*}")


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(_shown(node, "inline"))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.math_block) -> None:
    # One that is wider than a phone scrolls by itself.
    shown = _shown(node, "block")
    writer.body.append(
        f'<div class="lab-formula" tabindex="0" role="group" aria-label="formula">{shown}</div>\n'
    )
    raise nodes.SkipNode


def _shown(node: nodes.Element, display: str) -> str:
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        _log.warning(str(error), location=node)  # which ends the building of the book
        return f"<code>{html.escape(node.astext())}</code>"
