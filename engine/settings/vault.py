"""The encrypted file: all secrets of a data directory in one file, sealed with AES-GCM under a key that scrypt makes of a passphrase or a key file.

Neither passphrase nor key lies in the data directory, so a copy of that, of its database or of a backup opens nothing. Every write takes a new
salt and nonce; parameters belong to the format's number and are never read from the file.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.errors import UnreadableSecret, VaultDamaged, VaultLocked
from store.files import create, disk_error, open_regular, sync, sync_file

FILE = "secrets.enc"
LOCK_FILE = "secrets.lock"
FORMAT = 1
#: scrypt: 32 MiB and about 80 ms.
COST, BLOCK, LANES = 2**15, 8, 1
MEMORY = 64 * 1024 * 1024
#: A few secrets of a few KB each.
LARGEST_FILE = 1024 * 1024
LARGEST_KEY = 4096


class Vault:
    """The encrypted file of a data directory. `passphrase` wins over the key file, which `put` makes if it is not there."""

    def __init__(self, directory: Path, passphrase: str | None, key_file: Path) -> None:
        self._directory = directory
        self._path = directory / FILE
        self._passphrase = passphrase
        self._key_file = key_file

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    @property
    def exists(self) -> bool:
        """Whether anything was ever stored."""
        return self._path.exists()

    def read(self) -> dict[str, str]:
        """All secrets. Raises `VaultLocked` or `VaultDamaged`."""
        try:
            with open_regular(self._path) as file:
                content = file.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UnreadableSecret(f"{self._path}: {error.strerror}.") from error
        try:
            sealed = json.loads(content)
            if sealed["format"] != FORMAT:
                raise VaultDamaged(f"{self._path} has a format that this Nexus does not know.")
            salt, nonce, body = (base64.b64decode(sealed[name], validate=True) for name in ("salt", "nonce", "body"))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise VaultDamaged(f"{self._path} is no encrypted file of Nexus.") from error
        return _opened(self._path, self._key(), salt, nonce, body)

    def put(self, name: str, value: str) -> None:
        """Store a secret."""
        with self._alone():
            if not self.exists:
                self._ensure_key()
            self._write({**self.read(), name: value})

    def remove(self, name: str) -> bool:
        """Remove a secret. True if there was one."""
        if not self.exists:
            return False
        with self._alone():
            held = self.read()
            if name not in held:
                return False
            del held[name]
            self._write(held)
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two who change the file at once would lose one change."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk_error(error, self._directory) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, held: Mapping[str, str]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        body = AESGCM(_derived(self._key(), salt)).encrypt(nonce, json.dumps(held).encode(), _header())
        parts = {"salt": salt, "nonce": nonce, "body": body}
        content = {"format": FORMAT, **{name: base64.b64encode(part).decode("ascii") for name, part in parts.items()}}
        temporary = self._path.with_suffix(".tmp")
        try:
            temporary.unlink(missing_ok=True)
            with create(temporary) as file:
                file.write(json.dumps(content).encode())
                sync_file(file)
            temporary.rename(self._path)
            sync(self._directory)
        except OSError as error:
            raise disk_error(error, self._directory) from error

    def _key(self) -> bytes:
        if self._passphrase:
            return self._passphrase.encode()
        try:
            with open_regular(self._key_file) as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise VaultLocked(f"{self._key_file} may be read by others: chmod 600 it.")
                content = file.read(LARGEST_KEY).strip()
        except FileNotFoundError:
            raise VaultLocked(f"There is no passphrase, and no key file {self._key_file}.") from None
        except OSError as error:
            raise VaultLocked(f"{self._key_file}: {error.strerror}.") from error
        if not content:
            raise VaultLocked(f"{self._key_file} is empty.")
        return content

    def _ensure_key(self) -> None:
        if self._passphrase:
            return
        try:
            if self._key_file.exists():
                return
            self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with create(self._key_file) as file:
                file.write(secrets.token_hex(32).encode("ascii") + b"\n")
                sync_file(file)
            sync(self._key_file.parent)
        except OSError as error:
            raise VaultLocked(f"The key file {self._key_file} cannot be made: {error.strerror}.") from error


def _header() -> bytes:
    return f"nexus secrets {FORMAT}".encode()


def _derived(key: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(key, salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=MEMORY, dklen=32)


def _opened(path: Path, key: bytes, salt: bytes, nonce: bytes, body: bytes) -> dict[str, str]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        held = json.loads(AESGCM(_derived(key, salt)).decrypt(nonce, body, _header()))
    except InvalidTag:
        raise VaultLocked(f"{path} does not open with this key or passphrase.") from None
    except ValueError as error:
        raise VaultDamaged(f"{path} is no encrypted file of Nexus.") from error
    return {str(name): str(value) for name, value in held.items()}
