"""What in a page's drawings a reader could not read."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

WIDTHS = (1280, 390)  # px of a desktop page and of a phone


def unreadable(page: Page) -> list[str]:
    """Texts of visible drawings that are cut off at the drawing's edge, or lie over one another, a line each."""
    found: list[Any] = page.evaluate(_UNREADABLE)
    return found


# The box of a text is higher than its letters: what shares less than 4 px of height does not touch.
_UNREADABLE = """
() => [...document.querySelectorAll('.lab-figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  if (!frame.width) return [];
  const name = svg.closest('figure').id, scale = frame.width / svg.viewBox.baseVal.width, found = [];
  const items = [...svg.querySelectorAll('text, .role-legend-symbol path')]
    .filter(item => item.tagName === 'path' || item.textContent.trim())
    .map(item => ({box: item.getBoundingClientRect(), text: item.textContent.trim() || 'a symbol of the legend'}));
  for (const {box, text} of items)
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
      found.push(`${name}: “${text}” is cut off`);
  items.forEach((one, place) => items.slice(place + 1).forEach(other => {
    const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (wide > scale && high > 4 * scale) found.push(`${name}: “${one.text}” lies over “${other.text}”`);
  }));
  return found;
})
"""
