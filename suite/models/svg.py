"""Small drawings as SVG text: the same bytes from the same calls."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, PALE_INK, FAINT = "#1f2933", "#64707d", "#e4e8ec"
BLUE, PALE_BLUE = "#1f6fb4", "#dcebf7"
ORANGE, PALE_ORANGE = "#e08a12", "#fbead0"
GREEN, PALE_GREEN = "#2d8a5f", "#dbf0e5"

_FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif"


class Drawing:
    """Shapes on a white sheet, in the order in which they were drawn.

    Args:
        width, height: Size in pixels.
        title: What it shows; a line at its top, and what a screen reader says.
        subtitle: A second, paler line.
    """

    def __init__(self, width: float, height: float, title: str, subtitle: str) -> None:
        self.width, self.height = width, height
        self._parts = [f"<title>{escape(title)}</title>"]
        self.rect(0.5, 0.5, width - 1, height - 1, "#ffffff", FAINT, 8)
        self.text(28, 40, title, 18, bold=True)
        self.text(28, 62, subtitle, 13, PALE_INK)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        stroke: str = "none",
        radius: float = 0,
    ) -> None:
        """A rectangle by its upper left corner."""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'rx="{_n(radius)}" fill="{fill}" stroke="{stroke}"/>'
        )

    def polygon(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """A filled area by its corners."""
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(f'<polygon points="{corners}" fill="{fill}"/>')

    def curves(
        self,
        pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]],
        stroke: str,
        width: float = 1.5,
        opacity: float = 1.0,
    ) -> None:
        """Lines downwards, from point to point, that leave and arrive upright."""
        steps = []
        for (x, y), (to_x, to_y) in pairs:
            middle = _n((y + to_y) / 2)
            steps.append(
                f"M{_n(x)},{_n(y)}C{_n(x)},{middle},{_n(to_x)},{middle},"
                f"{_n(to_x)},{_n(to_y)}"
            )
        self._parts.append(
            f'<path d="{" ".join(steps)}" fill="none" stroke="{stroke}" '
            f'stroke-width="{_n(width)}" opacity="{_n(opacity)}"/>'
        )

    def line(self, points: Sequence[tuple[float, float]], stroke: str) -> None:
        """Straight lines from point to point."""
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{corners}" fill="none" stroke="{stroke}" '
            'stroke-width="1.5"/>'
        )

    def arrow_head(self, x: float, y: float, fill: str, down: bool = True) -> None:
        """A small triangle whose tip is the point; it looks down, or right."""
        sides = [(x - 4, y - 7), (x + 4, y - 7)] if down else [(x - 7, y - 4)]
        sides += [] if down else [(x - 7, y + 4)]
        self.polygon([(x, y), *sides], fill)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 13,
        fill: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Words by the left end of their base line, its "middle" or its "end"."""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}" '
            f'text-anchor="{anchor}"{weight}>{escape(words)}</text>'
        )

    def svg(self) -> str:
        """The whole file."""
        size = f"{_n(self.width)} {_n(self.height)}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
            f'width="{_n(self.width)}" height="{_n(self.height)}" role="img" '
            f'font-family="{_FONT}">'
        )
        return "\n".join([head, *self._parts, "</svg>", ""])


def _n(value: float) -> str:
    """A number with one decimal at most, or two below one."""
    return f"{value:.{2 if abs(value) < 1 else 1}f}".rstrip("0").rstrip(".")
