"""What stands before the application: the addresses that proxies add, and the names that it answers to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response

from admin_app.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class OwnHost:
    """Refuse a request under another name: links and redirects are made from the Host header."""

    def __init__(self, application: WSGIApplication, names: Iterable[str]) -> None:
        self.application = application
        self.names = tuple(names)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on a request to one of our names."""
        if host_is_trusted(environ.get("HTTP_HOST"), self.names):
            return self.application(environ, start_response)
        return Response("This name is not served here.\n", 400)(environ, start_response)


def init_app(app: Flask, settings: Settings) -> None:
    """Put the layers before *app*. Without CE_BASE_URL any name is served, as on a machine in a local network."""
    hops = settings.trusted_proxies
    layer: WSGIApplication = app.wsgi_app
    name = urlsplit(settings.base_url).hostname or ""
    if name not in LOCAL_NAMES:
        layer = OwnHost(layer, (name, *LOCAL_NAMES))
    if hops:
        layer = ProxyFix(layer, x_for=hops, x_proto=hops, x_host=hops)
    app.wsgi_app = layer  # type: ignore[method-assign,assignment]
