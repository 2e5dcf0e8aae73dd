"""`stead show I-41 --graph`: the cause and what hangs on it, as a tree of lines or as a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from stead.cli.output import clean, line

Json = dict[str, Any]


def tree(graph: Json) -> Iterator[str]:
    """The graph as lines: `├─ (runs on) Deployment payments/api, 3 times: …` hangs on the line above it that it leads to."""
    yield line(f"{graph['id']}  {graph['severity']}  {graph['state']}  {graph['title']}")
    if graph["cause"] is None:
        return
    yield ""
    yield line(_text(graph["cause"]))
    yield from _branches(graph["cause"]["explains"], "")


def _branches(nodes: list[Json], before: str) -> Iterator[str]:
    for position, node in enumerate(nodes, start=1):
        last = position == len(nodes)
        yield f"{before}{'└─' if last else '├─'} ({line(node['relation'])}) {line(_text(node))}"
        yield from _branches(node["explains"], before + ("   " if last else "│  "))


def _text(node: Json) -> str:
    many = f", {node['count']} of them" if node["count"] > 1 and node["fingerprint"] else ""
    over = " (over)" if node["over"] else ""
    return f"{node['subject']}{many}{over}" + (f": {node['summary']}" if node["summary"] else "")


# --- The picture -----------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, ACROSS, DOWN, EDGE = 320, 66, 130, 16, 24
"""Points: a box, the space between columns (in which the relation is written) and rows, and around it all."""
HEAD = 44
LETTERS, LINES = 46, 2
"""Letters of the summary in a line of a box, and lines of it."""

_STYLE = """
svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;background:#fff;color:#1c2430}
.ground{fill:#fff}.t{fill:#1c2430}.s{fill:#55606e}.h{font-size:15px;font-weight:600}.n{font-size:13px;font-weight:600}.m{font-size:11.5px}
.b{fill:#f7f8fa;stroke:#c8ced6}.e{fill:none;stroke:#98a2ae;stroke-width:1.5}.critical{fill:#c62828}.warning{fill:#c77700}.info{fill:#1769aa}
.over{opacity:.55}
@media (prefers-color-scheme:dark){.ground{fill:#11161d}.t{fill:#e6eaf0}.s{fill:#a3adba}.b{fill:#1b222c;stroke:#3a4451}.e{stroke:#667180}
.critical{fill:#ff6b6b}.warning{fill:#ffb74d}.info{fill:#64b5f6}}
"""


@dataclass(frozen=True, slots=True)
class _Box:
    node: Json
    x: float
    y: float
    parent: _Box | None


def svg(graph: Json) -> str:
    """The graph as one SVG file that needs nothing from anywhere: the cause on the left, what hangs on it to the right."""
    boxes = list(_laid_out(graph["cause"])) if graph["cause"] is not None else []
    width = max((box.x + WIDTH for box in boxes), default=WIDTH) + EDGE
    height = max((box.y + HEIGHT for box in boxes), default=HEAD) + EDGE
    title = _safe(f"{graph['id']}  {graph['severity']}, {graph['state'].replace('_', ' ')}: {graph['title']}")
    width = max(width, 2 * EDGE + 8.2 * len(title))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
        f'<text class="t h" x="{EDGE}" y="{EDGE + 8}">{title}</text>',
        *(_edge(box) for box in boxes if box.parent is not None),
        *(_drawn(box) for box in boxes),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _laid_out(cause: Json) -> Iterator[_Box]:
    """A box for each node: what explains nothing takes the next row, what explains others stands in the middle of them."""
    rows = iter(range(1_000_000))

    def place(node: Json, depth: int) -> tuple[float, list[tuple[Json, int, float, int]]]:
        """(row, [(node, depth, row, index of its parent)]) of a node and all below it, the node itself first."""
        below = [place(child, depth + 1) for child in node["explains"]]
        row = (below[0][0] + below[-1][0]) / 2 if below else float(next(rows))
        found = [(node, depth, row, -1)]
        for _, inner in below:
            at = len(found)
            found += [(n, d, r, 0 if p < 0 else p + at) for n, d, r, p in inner]
        return row, found

    made: list[_Box] = []
    for node, depth, row, parent in place(cause, 0)[1]:
        x, y = EDGE + depth * (WIDTH + ACROSS), EDGE + HEAD + row * (HEIGHT + DOWN)
        made.append(_Box(node, x, y, made[parent] if parent >= 0 else None))
    return iter(made)


def _edge(box: _Box) -> str:
    parent = box.parent or box
    x1, y1, x2, y2 = parent.x + WIDTH, parent.y + HEIGHT / 2, box.x, box.y + HEIGHT / 2
    bend = x1 + 20
    # The relation stands on the symptom's side, where the lines are apart.
    label = f'<text class="s m" x="{x2 - 6:.1f}" y="{y2 - 5:.1f}" text-anchor="end">{_safe(box.node["relation"])}</text>'
    return f'<path class="e" d="M{x1:.1f} {y1:.1f} H{bend:.1f} V{y2:.1f} H{x2:.1f}"/>{label}'


def _drawn(box: _Box) -> str:
    node = box.node
    over = " over" if node["over"] else ""
    many = f" × {node['count']}" if node["count"] > 1 and node["fingerprint"] else ""
    name = _safe(_short(node["subject"], 38 - len(many)) + many)
    lines = textwrap.wrap(clean(node["summary"]), LETTERS, max_lines=LINES, placeholder=" …")
    said = "".join(
        f'<text class="s m" x="{box.x + 14:.1f}" y="{box.y + 38 + 15 * n:.1f}">{_safe(text)}</text>' for n, text in enumerate(lines)
    )
    return (
        f'<g class="box{over}"><title>{_safe(_text(node))}</title>'
        f'<rect class="b" x="{box.x:.1f}" y="{box.y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="7"/>'
        f'<rect class="{node["severity"]}" x="{box.x:.1f}" y="{box.y + 8:.1f}" width="4" height="{HEIGHT - 16}" rx="2"/>'
        f'<text class="t n" x="{box.x + 14:.1f}" y="{box.y + 20:.1f}">{name}</text>{said}</g>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _safe(text: str) -> str:
    return escape(line(text))
