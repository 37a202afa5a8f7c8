"""Documents to print: the certificate, made of what was stored when it was issued; register and record sheet, made today."""

from flask import Flask

from views.documents import certificate, receipts, registers

__all__ = ["receipts", "register", "registers"]


def register(app: Flask) -> None:
    """Register the pages of the documents; ``registers`` and ``receipts`` add their own to those of the certificate."""
    app.register_blueprint(certificate.blueprint)
