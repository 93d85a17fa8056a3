"""Typed readers of environment variables; a bad value stops the start and names the variable."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
# A connection whose other end is gone is noticed within half a minute, not within hours.
ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


def text(name: str, default: str = "") -> str:
    """Return the variable's text, or the default when it is unset or empty."""
    return os.environ.get(name, "") or default


def flag(name: str, default: bool = False) -> bool:
    """Return a boolean; raises ImproperlyConfigured on anything that is not yes or no."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in TRUE:
        return True
    if raw.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false; it is {raw!r}")


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """Return an integer within [low, high]."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {raw!r}") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must lie within {low} and {high}; it is {value}")
    return value


def choice(name: str, known: Sequence[str]) -> str:
    """Return one of the known words, the first when the variable is unset or empty."""
    value = text(name, known[0])
    if value not in known:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}; it is {value!r}")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """Return a folder as an absolute path; it need not exist."""
    return Path(text(name, str(default))).expanduser().resolve()


def database(
    name: str, default: Path, *, connect_s: int = 0, patience_s: int = 0
) -> dict[str, Any]:
    """Return Django's settings for `sqlite:///file` or `postgresql://user:secret@host:port/name`.

    Of PostgreSQL, `connect_s` and `patience_s` limit how long a connection and a statement may
    take, 0 for no limit; what the URL's query says goes before.
    """
    url = urlsplit(text(name, f"sqlite:///{default}"))
    if url.scheme == "sqlite":
        return _sqlite(url.path[1:] if url.path.startswith("//") else url.path)
    if url.scheme in {"postgres", "postgresql"}:
        limits = {"connect_timeout": connect_s, "patience_s": patience_s, **ALIVE}
        return _postgresql(url.path.lstrip("/"), url, {**limits, **dict(parse_qsl(url.query))})
    raise ImproperlyConfigured(
        f"{name} must begin with sqlite:/// or postgresql://; it begins with {url.scheme!r}"
    )


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # IMMEDIATE: a deferred transaction that reads, then writes, fails under contention.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            " PRAGMA busy_timeout=20000; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;",
        },
    }


def _postgresql(name: str, url: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ENGINE": "config.postgresql",
        "NAME": unquote(name),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(options),
    }
