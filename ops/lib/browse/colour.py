"""Colours as a browser computes them, and how well one is read on another. Pure. By the formulas of WCAG 2.2."""

from __future__ import annotations

from typing import Sequence

# Red, green and blue to 255, alpha to 1.
Colour = Sequence[float]

# What text needs against what it stands on, of whatever size.
NEEDED = 4.5


def over(front: Colour, back: Colour) -> list[float]:
    """What is seen of a colour on one that lets nothing through."""
    alpha = front[3]
    return [alpha * one + (1 - alpha) * other for one, other in zip(front[:3], back[:3])] + [1.0]


def ground(layers: Sequence[Colour]) -> list[float]:
    """What is seen of backgrounds, the nearest first, the last of which lets nothing through."""
    seen = list(layers[-1])
    for layer in reversed(layers[:-1]):
        seen = over(layer, seen)
    return seen


def luminance(colour: Colour) -> float:
    def linear(value: float) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: Colour, layers: Sequence[Colour]) -> float:
    """From 1, which is not seen, to 21."""
    behind = ground(layers)
    one, other = luminance(over(ink, behind)), luminance(behind)
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
