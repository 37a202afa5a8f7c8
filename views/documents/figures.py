"""The drawings of a document: the QR code as a picture, the seal as SVG, both as ``data:`` addresses."""

from __future__ import annotations

import base64
import math
from functools import cache

import segno
from markupsafe import escape

MOST_ON_THE_EDGE = 40
"""Letters of a seal: more would be smaller than print."""
RED, INK = "#c8161d", "#12263f"
_STAR = " ".join(
    f"{50 + r * math.sin(math.pi * n / 5):.2f},{50 - r * math.cos(math.pi * n / 5):.2f}"
    for n, r in ((n, 15 if n % 2 == 0 else 5.7) for n in range(10))
)


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _code(address: str) -> segno.QRCode:
    """Return the QR code of *address*; correction level M survives a fold or a stain."""
    # A fixed mask spares weighing all eight against each other, most of the work; readers take any.
    return segno.make(address, error="m", micro=False, mask=2)


def qr(address: str) -> str:
    """Return the QR code of *address* for a document."""
    # As a picture it costs a fifth of what its thousands of strokes cost as SVG, and with four dots a module it is sharp in
    # viewers that smooth it.
    return str(_code(address).png_data_uri(scale=4, border=0, dark=INK))


def qr_on_screen(address: str) -> str:
    """Return the QR code of *address* for a page: strokes stay sharp at any size, a picture made smaller does not."""
    return str(_code(address).svg_data_uri(border=0, dark=INK, omitsize=True))


def seal(name: str) -> str:
    """Return a round red mark with *name* along its edge: who issued it, as the data say, and no copy of a real seal.

    A name too long to be read there stands beside the mark only.
    """
    letters = [c for c in name if not c.isspace()]
    if len(letters) > MOST_ON_THE_EDGE:
        letters = []
    size = 11 if len(letters) <= 12 else 11 * 12 / len(letters)
    step = min(24.0, 224 / max(1, len(letters) - 1))
    start = -step * (len(letters) - 1) / 2
    arc = "".join(
        f'<text x="50" y="{8.2 + size:.2f}" text-anchor="middle" font-size="{size:.2f}" '
        f'transform="rotate({start + n * step:.2f} 50 50)">{escape(letter)}</text>'
        for n, letter in enumerate(letters)
    )
    return _address(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" fill="{RED}" '
        'font-family="CE Serif, Noto Serif CJK SC" font-weight="700">'
        f'<circle cx="50" cy="50" r="47" fill="none" stroke="{RED}" stroke-width="2.6"/>'
        f'<polygon points="{_STAR}"/>{arc}'
        '<text x="50" y="80" text-anchor="middle" font-size="6.8">继续教育证书专用</text></svg>'
    )


@cache
def corner() -> str:
    """Return the ornament of one corner of the frame; the style sheet turns it for the others."""
    return _address(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60" fill="none" stroke="#0b5cad">'
        '<path d="M2 58V14a12 12 0 0 1 12-12h44" stroke-width="2.4"/>'
        '<path d="M8 58V20a12 12 0 0 1 12-12h38" stroke-width=".8"/>'
        '<path d="M14 40c0-14 12-26 26-26M14 30c0-9 7-16 16-16" stroke-width=".8"/>'
        '<circle cx="14" cy="14" r="3.4" fill="#0b5cad" stroke="none"/></svg>'
    )
