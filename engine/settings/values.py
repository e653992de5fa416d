"""Reading a setting's value, from TOML as it is or from text, and showing it again without what nobody should see."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from engine.errors import BadSetting
from engine.settings.catalogue import Setting, Value

#: Longest text that a setting takes.
LONGEST = 500
#: What stands for what is not shown.
MASK = "********"

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(?::\d{1,5})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_ZONE = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read(setting: Setting, given: object, where: str) -> Value:
    """The value of a setting. `where` is the file, variable or call it comes from. Raises `BadSetting`."""
    if setting.kind == "number":
        return _number(setting, given, where)
    if setting.kind == "switch":
        return _switch(setting, given, where)
    if not isinstance(given, str):
        raise BadSetting(f"{where}: {setting.key} is text, not {shown(setting, given)}.")
    if len(given) > LONGEST or _CONTROL.search(given):
        raise BadSetting(f"{where}: {setting.key} is one line of at most {LONGEST} characters.")
    text = given.strip()
    if not text:
        if setting.default == "":
            return ""
        raise BadSetting(f"{where}: {setting.key} needs a value.")
    if setting.kind == "language":
        return _language(setting, text, where)
    if not _fits(setting, text):
        raise BadSetting(f"{where}: {setting.key} is {_WANTED[setting.kind]}, not {shown(setting, text)}.")
    return text


def shown(setting: Setting, value: object) -> str:
    """A value as it may be seen: credentials within an address are not."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if setting.kind in ("url", "origin") and "://" in text:
        try:
            parts = urlsplit(text)
            host = parts.netloc.rpartition("@")
            text = urlunsplit(
                (parts.scheme, f"{MASK}@{host[2]}" if host[1] else host[2], parts.path, MASK if parts.query else "", "")
            )
        except ValueError:
            return MASK
    cleaned = _CONTROL.sub("?", text)
    return cleaned if len(cleaned) <= LONGEST else f"{cleaned[:LONGEST]}…"


def _number(setting: Setting, given: object, where: str) -> int:
    value = given
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,18}", given.strip()):
        value = int(given)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadSetting(f"{where}: {setting.key} is a whole number, not {shown(setting, given)}.")
    if setting.least is not None and setting.most is not None and not setting.least <= value <= setting.most:
        raise BadSetting(f"{where}: {setting.key} is {setting.least} to {setting.most}, not {value}.")
    return value


def _switch(setting: Setting, given: object, where: str) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word in _YES | _NO:
        return word in _YES
    raise BadSetting(f"{where}: {setting.key} is true or false, not {shown(setting, given)}.")


def _language(setting: Setting, text: str, where: str) -> str:
    """Also as a locale writes it: pt_BR, en-US."""
    spoken = text.lower()[:2]
    if spoken in ("pt", "en") and not text[2:3].isalpha():
        return spoken
    raise BadSetting(f"{where}: {setting.key} is pt or en, not {shown(setting, text)}.")


_WANTED = {
    "zone": "a zone such as America/Sao_Paulo",
    "origin": "an origin such as https://nexus.example.com",
    "url": "an address that begins with http:// or https://",
    "repository": "owner/name",
    "text": "text",
}


def _fits(setting: Setting, text: str) -> bool:
    if setting.kind == "zone":
        return _ZONE.fullmatch(text) is not None and _zone_exists(text)
    if setting.kind == "origin":
        return _ORIGIN.fullmatch(text) is not None
    if setting.kind == "repository":
        return _REPOSITORY.fullmatch(text) is not None
    if setting.kind == "url":
        try:
            parts = urlsplit(text)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            return False
    return True


def _zone_exists(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
