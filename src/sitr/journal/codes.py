"""A checkpoint as a QR code, so that a person can keep it by taking a picture of it with another phone.

Here belongs the drawing of a short text as modules and as SVG. What the text is, and where it goes, is not for here.
OpenCV draws the code; it is loaded late, since most commands never need it.
"""

from sitr.errors import BadInput

QUIET = 4  # modules of white around a code (ISO/IEC 18004)
_MOST = 500  # bytes: a code of some 90 modules can still be read from a screen of 390 px


def qr_modules(text: str) -> list[list[bool]]:
    """The code of a text, True for black, without the white around it; error correction M.

    Raises BadInput `journal.too_long_for_code` for more than 500 bytes of UTF-8.
    """
    import cv2

    if not 0 < len(text.encode()) <= _MOST:
        raise BadInput("journal.too_long_for_code", most=_MOST)
    how = cv2.QRCodeEncoder_Params()  # type: ignore[attr-defined]  # not in its stub
    how.mode, how.correction_level = cv2.QRCodeEncoder_MODE_BYTE, cv2.QRCodeEncoder_CORRECT_LEVEL_M
    drawn = cv2.QRCodeEncoder.create(how).encode(text) == 0
    rows = [place for place, row in enumerate(drawn) if row.any()]
    columns = [place for place, column in enumerate(drawn.T) if column.any()]
    inside = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return [[bool(dark) for dark in row] for row in inside]


def qr_svg(text: str, label: str = "") -> str:
    """The same as an SVG image, black on white whatever the page's colours, with `label` for who cannot see it."""
    from html import escape

    modules = qr_modules(text)
    side = len(modules) + 2 * QUIET
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(modules) for x, dark in enumerate(row) if dark
    )
    title = f"<title>{escape(label)}</title>" if label else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'shape-rendering="crispEdges">{title}<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" d="{path}"/></svg>\n'
    )
