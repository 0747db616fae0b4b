"""How plots look, and how matplotlib's SVG becomes a part of a page.

A plot is drawn in colours that stand for those of the page: the page's style sheet has two for
each name, one for light and one for dark screens.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

# What is drawn in one of these gets the page's colour of that name.
COLOURS = {
    "ink": "#010101",
    "muted": "#020202",
    "grid": "#030303",
    "surface": "#040404",
    "quiet": "#050505",
    "good": "#060606",
    "bad": "#070707",
    "s1": "#080808",
    "s2": "#090909",
    "s3": "#0a0a0a",
    "s4": "#0b0b0b",
    "s5": "#0c0c0c",
    "s6": "#0d0d0d",
}
SERIES = tuple(COLOURS[f"s{number}"] for number in range(1, 7))
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH = 360.0  # points; a phone shows one as a pixel
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be found, read aloud, and takes less room
    "text.parse_math": False,  # a $ in a label is a $
    "font.size": 11,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": COLOURS["grid"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.titlecolor": COLOURS["muted"],
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.7,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.2,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
}
_LEFT_OUT = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL
)
_OPENING = re.compile(r'<svg [^>]*viewBox="([^"]+)"[^>]*>')
_FONT = re.compile(r"(?<=font-family: )[^;\"]+|'DejaVu Sans'[^;\"]*")


class Svg(str):
    """A drawing of ours, which a template takes as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def draw(name: str, title: str, height: float, paint: Callable[[Any, Any], None]) -> Svg:
    """A plot as SVG for HTML.

    Args:
        name: of the plot, different from all others of its page.
        title: what it shows.
        height: in points; it is `WIDTH` wide.
        paint: draws into a matplotlib figure and its axes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    file = io.StringIO()
    settings: Any = SETTINGS | {"svg.hashsalt": name}  # the same figures give the same file
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts have it
        figure = Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
        paint(figure, figure.add_subplot())
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(file, format="svg", transparent=True, metadata=metadata)
    return _for_page(file.getvalue(), name, title)


def _for_page(svg: str, name: str, title: str) -> Svg:
    """SVG of matplotlib's without what a page has already: prologue, metadata, sizes, colours."""
    svg = _LEFT_OUT.sub("", svg[svg.index("<svg") :])
    svg = _OPENING.sub(rf'<svg viewBox="\1" role="img"><title>{escape(title)}</title>', svg, 1)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href=", "href=")
    svg = re.sub(r'(?<= id=")|(?<= href="#)|(?<=url\(#)', f"{name}-", svg)
    for colour, drawn in COLOURS.items():
        svg = svg.replace(drawn, f"var(--{colour})")
    return Svg(_FONT.sub("system-ui, sans-serif", svg))
