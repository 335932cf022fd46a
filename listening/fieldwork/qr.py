"""QR codes as SVG that a strict Content-Security-Policy lets through: one path, no style."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from rest_framework.request import Request


def qr_of(request: HttpRequest | Request, code: str) -> str:
    """What a phone scans: the address of the field app, and the code in the fragment, which no browser sends."""
    return as_svg(f"{request.build_absolute_uri(reverse('field'))}#enrol={code}")


def as_svg(text: str) -> str:
    """A QR code (ISO/IEC 18004) with its quiet zone of four modules; a module is one unit of the picture."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"'
        ' aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dark}"/></svg>'
    )
