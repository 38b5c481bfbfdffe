"""A sheet of slips to print: each with its number, its address, and the address to scan."""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup

from survey_service.invitations.slips import shown
from survey_service.surveys.waves import Wave
from survey_service.web.rendering import render
from survey_service.web.translation import DEFAULT_LANGUAGE


def sheet(slips: list[str], public_url: str) -> list[tuple[str, Markup]]:
    """Return for each slip its number and its address as a drawing; they are in no order."""
    return [(shown(slip), drawn(f"{public_url}/i/{slip}")) for slip in slips]


def drawn(text: str) -> Markup:
    """Return a QR drawing that stands in a page by itself."""
    image = BytesIO()
    segno.make(text, error="m", micro=False).save(
        image,
        kind="svg",
        scale=3,
        border=2,
        xmldecl=False,
        omitsize=True,
        dark="#000",
        light="#fff",
    )
    return Markup(image.getvalue().decode())  # noqa: S704 - drawn by us, of an address of ours


def printable(wave: Wave, slips: list[str], public_url: str) -> str:
    """Return the sheet as a page of its own, for whoever works without a browser session."""
    told = {"wave": wave, "slips": sheet(slips, public_url), "address": public_url}
    return render(DEFAULT_LANGUAGE, "invitations/printable.html", told)
