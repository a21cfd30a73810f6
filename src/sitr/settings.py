"""Settings, read once from the environment, typed, and loud about a strange value. Also Django's settings module.

Sitr's own are in `SITR`. Django's names below follow from it and from nothing else. The default is the safe one: no
debug, no built-in secret, everything under one private folder.

SITR_HOME            the folder that holds everything (default: ~/.local/share/sitr)
SITR_DATABASE_URL    postgresql://user:password@host:port/name; default: SQLite under the home
SITR_KNOWLEDGE       another knowledge folder
SITR_SMTP            host:port of the mail relay; none: notices are handed over to be sent by the person
SITR_SMTP_FROM       the address notices are sent from
SITR_TSA             up to two time authorities, `URL|CA-FILE` separated by spaces; none: labelled `not time-stamped`
SITR_OTS             OpenTimestamps calendars, addresses separated by spaces (extra `sitr[ots]`); none: nobody is asked
SITR_ACCEPT_UNCONFINED  `yes`: pages may be captured although this system offers no confinement (see `sitr doctor`)
SITR_EXCHANGES       the file that names exchanges of watch-lists (default: exchanges.toml under the home)
SITR_MATCH           host names, separated by spaces, under which `/api/match` answers keyed partners; none: it is off
SITR_DESK            addresses (https://name[:port], or http://….onion) under which people reach these pages from
                     elsewhere, by receipt code only, through the operator's own TLS proxy; none: this machine alone
SITR_VISIT_PROXY     socks5h://[user:password@]host:port by which pages are visited (Tor, for one); none: directly
SITR_STANDING_KEY    the public key (age1…) to which the watch's orders of consenting cases are sealed; none: not at all
SITR_STANDING_KEY_FILE  the secret one (a file or /dev/fd/N, outside disk images and backups), for `sitr watch run`
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sitr.errors import BadInput

if TYPE_CHECKING:
    from sitr.net import Proxy


@dataclass(frozen=True)
class AuthorityAddress:
    """One RFC 3161 authority named by the operator, and the certificates that decide about it."""

    url: str
    ca_file: Path | None


@dataclass(frozen=True)
class Settings:
    """What the operator decided. `smtp` is (host, port)."""

    home: Path
    database: dict[str, Any]
    knowledge: Path
    smtp: tuple[str, int] | None
    smtp_from: str
    authorities: tuple[AuthorityAddress, ...]
    accept_unconfined: bool
    exchanges: Path
    match_hosts: tuple[str, ...] = ()
    desk_origins: tuple[str, ...] = ()
    visit_proxy: "Proxy | None" = None
    standing_key: str = ""
    standing_key_file: Path | None = None
    calendars: tuple[str, ...] = ()


def read(env: Mapping[str, str]) -> Settings:
    """Read the settings from `env`. Raises BadInput naming the variable whose value is strange."""
    home = Path(env.get("SITR_HOME") or Path.home() / ".local/share/sitr").expanduser().absolute()
    return Settings(
        home=home,
        database=_database(env.get("SITR_DATABASE_URL", ""), home),
        knowledge=Path(env["SITR_KNOWLEDGE"]) if env.get("SITR_KNOWLEDGE") else _bundled_knowledge(),
        smtp=_host_port("SITR_SMTP", env["SITR_SMTP"]) if env.get("SITR_SMTP") else None,
        smtp_from=env.get("SITR_SMTP_FROM", ""),
        authorities=tuple(_authority(a) for a in env.get("SITR_TSA", "").split()),
        accept_unconfined=_yes("SITR_ACCEPT_UNCONFINED", env.get("SITR_ACCEPT_UNCONFINED", "")),
        exchanges=Path(env["SITR_EXCHANGES"]) if env.get("SITR_EXCHANGES") else home / "exchanges.toml",
        match_hosts=tuple(_host(name) for name in env.get("SITR_MATCH", "").split()),
        desk_origins=tuple(_origin(address) for address in env.get("SITR_DESK", "").split()),
        visit_proxy=_proxy(env["SITR_VISIT_PROXY"]) if env.get("SITR_VISIT_PROXY") else None,
        standing_key=_public_key("SITR_STANDING_KEY", env.get("SITR_STANDING_KEY", "")),
        standing_key_file=Path(env["SITR_STANDING_KEY_FILE"]) if env.get("SITR_STANDING_KEY_FILE") else None,
        calendars=tuple(_calendar(url) for url in env.get("SITR_OTS", "").split()),
    )


def _bundled_knowledge() -> Path:
    inside = Path(__file__).parent / "_knowledge"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "knowledge"


def _database(url: str, home: Path) -> dict[str, Any]:
    if not url:
        return _sqlite(home / "sitr.sqlite3", journal="WAL")
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise BadInput("errors.setting", name="SITR_DATABASE_URL")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


def _sqlite(path: Path, *, journal: str) -> dict[str, Any]:
    # secure_delete overwrites what is deleted; IMMEDIATE avoids lock upgrades that fail under load.
    # temp_store=MEMORY: no plaintext or key material in SQLite's temporary files.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": f"PRAGMA journal_mode={journal};PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;"
            "PRAGMA temp_store=MEMORY;PRAGMA foreign_keys=ON;",
        },
    }


def _host_port(name: str, value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput("errors.setting", name=name)
    return host, int(port)


def _authority(value: str) -> AuthorityAddress:
    url, _, ca = value.partition("|")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise BadInput("errors.setting", name="SITR_TSA")
    return AuthorityAddress(url, Path(ca) if ca else None)


def _calendar(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or "@" in url:
        raise BadInput("errors.setting", name="SITR_OTS")
    return url.rstrip("/")


def _host(name: str) -> str:
    """One exact host name: a wildcard would let any name in front of this server through."""
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name):
        raise BadInput("errors.setting", name="SITR_MATCH")
    return name


def _origin(address: str) -> str:
    """What a browser calls the origin of these pages; without TLS only where Tor itself encrypts (onion services)."""
    name = r"[a-z0-9-]+(\.[a-z0-9-]+)*"
    if not re.fullmatch(rf"https://{name}(:[0-9]{{1,5}})?|http://[a-z2-7]{{56}}\.onion", address):
        raise BadInput("errors.setting", name="SITR_DESK")
    return address


def _proxy(value: str) -> "Proxy":
    from sitr.net import read_proxy  # only where a proxy is named: `sitr identify` must answer at once

    try:
        return read_proxy(value)
    except BadInput:
        raise BadInput("errors.setting", name="SITR_VISIT_PROXY") from None


def _public_key(name: str, value: str) -> str:
    if value and not re.fullmatch(r"age1[02-9ac-hj-np-z]{58}", value):
        raise BadInput("errors.setting", name=name)
    return value


def _yes(name: str, value: str) -> bool:
    if value not in {"", "yes", "no"}:
        raise BadInput("errors.setting", name=name)
    return value == "yes"


SITR = read(os.environ)

# --- Django -----------------------------------------------------------------------------------------------------------

DEBUG = False
# Nothing signed with it outlives the process: sessions are ours (sitr.web.sessions), one process in personal mode.
SECRET_KEY = secrets.token_urlsafe(32)
# A partner's name for this server reaches the matching service and nothing else (sitr.web.middleware).
ALLOWED_HOSTS = ["127.0.0.1", "localhost", *SITR.match_hosts, *(urlsplit(o).hostname or "" for o in SITR.desk_origins)]
ROOT_URLCONF = "sitr.web.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "csp",
    "sitr.cases",
    "sitr.web",
]
AUTH_USER_MODEL = "cases.User"
MIDDLEWARE = [
    "sitr.web.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sitr.web.middleware.LanguageMiddleware",
    "sitr.web.middleware.SizeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sitr.web.middleware.SessionMiddleware",
    "sitr.web.middleware.ErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "sitr.web.context.page"],
            "builtins": ["sitr.web.templatetags.sitr_words", "sitr.web.templatetags.sitr_fields"],
        },
    }
]
# Wrapped keys stand apart, with their own short backup retention; so that erasing can VACUUM them alone.
DATABASES = {
    "default": SITR.database,
    "keys": SITR.database
    if SITR.database["ENGINE"].endswith("postgresql")
    else _sqlite(SITR.home / "keys.sqlite3", journal="DELETE"),
}
DATABASE_ROUTERS = ["sitr.cases.routers.KeysApart"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "ar"
LANGUAGES = [("ar", "العربية"), ("en", "English")]
USE_I18N = True

# Served from the package itself: a handful of files, found at start; nothing is collected or copied.
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False


def _worker_asks_nobody(headers: Any, _path: str, url: str) -> None:
    """The worker that sees a person's photo obeys its own file's policy, not the page's: it may ask for nothing."""
    if url.endswith("/web/print.js"):
        headers["Content-Security-Policy"] = "default-src 'none'"


WHITENOISE_ADD_HEADERS_FUNCTION = _worker_asks_nobody

# The operator's proxy ends TLS: to Django the request is plain, and the browser says https.
CSRF_TRUSTED_ORIGINS = list(SITR.desk_origins)
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "sitr.web.problems.csrf_failed"
# Not `no-referrer`: with it browsers send `Origin: null` with our own forms (Fetch, "append a request Origin header"),
# which the CSRF check must refuse. Other sites get no referrer either way.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
# Uploads are read in memory up to this size and never spooled to a disk; beyond it they are refused with a sentence.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
# Django logs request paths and SQL parameters only if asked; nothing is asked. Logs carry ids, never words.
LOGGING_CONFIG = None
