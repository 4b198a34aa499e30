"""Boxes on a slide, in inches from its top left corner. Pure."""

from __future__ import annotations

from typing import NamedTuple

GUTTER = 0.25


class Box(NamedTuple):
    """A rectangle in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends on the right."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends below."""
        return self.top + self.height

    def within(self, across: float, down: float | None = None) -> Box:
        """Smaller by a margin on each side."""
        down = across if down is None else down
        return Box(self.left + across, self.top + down, self.width - 2 * across, self.height - 2 * down)

    def split_down(self, first: float) -> tuple[Box, Box]:
        """An upper box of height ``first`` and the rest."""
        return self._replace(height=first), Box(self.left, self.top + first, self.width, self.height - first)

    def split_across(self, first: float, gutter: float = GUTTER) -> tuple[Box, Box]:
        """A left box of width ``first`` and the rest behind a gutter."""
        start = first + gutter
        return self._replace(width=first), Box(self.left + start, self.top, self.width - start, self.height)

    def rows(self, number: int, gutter: float = 0.0) -> list[Box]:
        """So many boxes of one height, from the top."""
        tall = (self.height - gutter * (number - 1)) / number
        return [Box(self.left, self.top + i * (tall + gutter), self.width, tall) for i in range(number)]

    def columns(self, number: int, gutter: float = GUTTER) -> list[Box]:
        """So many boxes of one width, from the left."""
        wide = (self.width - gutter * (number - 1)) / number
        return [Box(self.left + i * (wide + gutter), self.top, wide, self.height) for i in range(number)]
