"""Put one application together. Never migrates, seeds, calls the network or starts a thread."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect

from admin_app import database, edge, headers, health, keys, logs, wiring
from admin_app.job_queue import Queue
from admin_app.settings import ROOT, Settings
from models import effects, jobs, scope, storage, tables
from models.base import LOCAL_ZONE
from views.public.language import LOCALES, Catalogues, choose_locale

MEGABYTE = 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application of these settings, or of the environment; raise SettingError for a wrong one."""
    settings = keys.with_keys(settings or Settings.from_environment(os.environ))
    keys.install(settings)
    storage.configure(settings.storage_url)
    app = Flask(
        "admin_app",
        instance_path=str(settings.instance_path),
        root_path=str(ROOT / "admin_app"),
        template_folder=str(ROOT / "templates"),
    )
    app.config.from_mapping(_configuration(settings))
    app.extensions["ce_settings"] = settings
    edge.init_app(app, settings)
    # Hooks after a request run in the reverse order: the log, registered first, sees the final answer.
    logs.init_app(app)
    headers.init_app(app, settings)
    database.init_app(app, settings)
    Babel(app, locale_selector=choose_locale).domain_instance = Catalogues()
    CSRFProtect(app)
    queue = Queue(settings)
    app.extensions["ce_queue"] = queue
    jobs.on_enqueued(queue.wake)
    health.init_app(app, queue)
    wiring.install_views(app)
    scope.check_declarations()
    return app


def settings_of(app: Flask) -> Settings:
    """Return the settings that an application was made of."""
    settings: Settings = app.extensions["ce_settings"]
    return settings


def queue_of(app: Flask) -> Queue:
    """Return the queue that wakes the workers of an application."""
    queue: Queue = app.extensions["ce_queue"]
    return queue


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "ce_state",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "PREFERRED_URL_SCHEME": urlsplit(settings.base_url).scheme,
        "MAX_CONTENT_LENGTH": 32 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        "MAX_FORM_PARTS": 2000,
        "JSON_AS_ASCII": False,
        "BABEL_DEFAULT_LOCALE": LOCALES["zh"],
        "BABEL_DEFAULT_TIMEZONE": str(LOCAL_ZONE),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "admin_app" / "translations"),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a long form must not die of age
        "WTF_CSRF_SSL_STRICT": settings.is_https,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
        "CE_BASE_URL": settings.base_url,
        "CE_CAPTCHA": settings.captcha,
        "CE_DEMO": settings.demo,
        "CE_MAIL_URL": settings.mail_url,
        "CE_SMS": settings.sms_url,
        "CE_PAYMENT": settings.payment,
        "CE_STORAGE_URL": settings.storage_url,
    }


__all__ = ["create_app", "effects", "queue_of", "settings_of", "tables"]
