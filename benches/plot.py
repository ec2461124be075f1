"""Plots as SVG by hand: bars and lines, readable on a light and on a dark page."""

from __future__ import annotations

import math
from html import escape

STYLE = (
    "text{font:13px sans-serif;fill:#24292f}.title{font-weight:bold}.axis{stroke:#8c959f;fill:none}"
    ".ours{fill:#0969da}.floor{fill:#8c959f}.peer{fill:#bc4c00}.note{font-size:11px;opacity:.75}"
    ".l0{stroke:#0969da}.l1{stroke:#1a7f37}.l2{stroke:#bc4c00}.l3{stroke:#8250df}.line{fill:none;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#58a6ff}.floor{fill:#6e7681}.peer{fill:#f0883e}"
    ".l0{stroke:#58a6ff}.l1{stroke:#3fb950}.l2{stroke:#f0883e}.l3{stroke:#bc8cff}}"
)
WIDTH = 760


def document(height: float, title: str, content: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0f}' role='img'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f"<text class='title' x='10' y='20'>{escape(title)}</text>{content}</svg>\n"
    )


def bars(title: str, rows: list[tuple[str, float]], unit: str, logarithmic: bool = False) -> str:
    """One bar a row, shortest first. The label says whose it is: ours, the floor's or a peer's."""
    left, right, row, top = 230, WIDTH - 110, 24, 34
    rows = sorted(rows, key=lambda one: one[1])
    low = 10 ** math.floor(math.log10(rows[0][1])) if logarithmic else 0.0
    high = rows[-1][1]

    def length(value: float) -> float:
        part = math.log(value / low) / math.log(high / low) if logarithmic else value / high
        return part * (right - left)

    content = ""
    for index, (label, value) in enumerate(rows):
        kind = "ours" if label.startswith("ants-otp") else "floor" if label.startswith("raw socket") else "peer"
        y = top + index * row
        content += (
            f"<text x='{left - 8}' y='{y + 14}' text-anchor='end'>{escape(label)}</text>"
            f"<rect class='{kind}' x='{left}' y='{y + 2}' width='{max(length(value), 1):.1f}' height='{row - 8}'/>"
            f"<text x='{left + length(value) + 6:.1f}' y='{y + 14}'>{number(value)}</text>"
        )
    bottom = top + len(rows) * row
    scale = f"{unit}, logarithmic scale from {low:,.0f}" if logarithmic else unit
    content += f"<text class='note' x='{left}' y='{bottom + 14}'>{escape(scale)}; shorter is better</text>"
    return document(bottom + 24, title, content)


def lines(title: str, series: dict[str, list[tuple[float, float]]], across: str, up: str) -> str:
    """Both axes are logarithmic: a straight line is what a service's time allows."""
    left, right, top, bottom = 80, WIDTH - 130, 40, 340
    points = [point for line in series.values() for point in line]
    (x0, x1), (y0, y1) = (
        (min(point[axis] for point in points), max(point[axis] for point in points)) for axis in (0, 1)
    )

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = left + math.log(point[0] / x0) / math.log(x1 / x0) * (right - left)
        y = bottom - math.log(point[1] / y0) / math.log(y1 / y0) * (bottom - top)
        return x, y

    content = f"<path class='axis' d='M{left},{top}V{bottom}H{right}'/>"
    for x in sorted({point[0] for point in points}):
        content += f"<text x='{place((x, y0))[0]:.1f}' y='{bottom + 18}' text-anchor='middle'>{number(x)}</text>"
    for power in range(math.ceil(math.log10(y0)), math.floor(math.log10(y1)) + 1):
        height = place((x0, 10**power))[1]
        content += f"<text x='{left - 8}' y='{height + 4:.1f}' text-anchor='end'>{number(10**power)}</text>"
    heights = apart([place(line[-1])[1] for line in series.values()])
    for index, (name, line) in enumerate(series.items()):
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, line))
        content += (
            f"<polyline class='line l{index % 4}' points='{drawn}'/>"
            f"<text x='{right + 8}' y='{heights[index] + 4:.1f}'>{escape(name)}</text>"
        )
    content += f"<text class='note' x='{left}' y='{bottom + 36}'>{escape(across)}; upwards {escape(up)}</text>"
    return document(bottom + 46, title, content)


def apart(heights: list[float]) -> list[float]:
    """The same, moved down as far as labels beside them need."""
    moved, free = list(heights), -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        moved[index] = max(heights[index], free)
        free = moved[index] + 15
    return moved


def number(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f") if value >= 100 else f"{value:.3g}"
