"""How the platform is put together and run; nothing below imports this package."""

from admin_app.factory import create_app

__all__ = ["create_app"]
