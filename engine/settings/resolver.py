"""Finding a secret: systemd credential, variable, file that a variable names, keyring, encrypted file; the first that holds it counts.

Where a value comes from may be told to anyone, the value only to who needs it: it is in no representation, and nothing here writes it anywhere
but into the keyring or the encrypted file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.errors import BadSecret, KeyringLocked, NoKeyring, NoSecret, SecretFailure, UnknownSecret, UnreadableSecret
from engine.settings.ring import OFF, Ring
from engine.settings.secret_names import NAMES, Secret
from engine.settings.vault import Vault
from store.files import open_regular

Source = Literal["credential", "env", "env file", "keyring", "encrypted file"]
Place = Literal["keyring", "file"]

CREDENTIALS = "CREDENTIALS_DIRECTORY"
PASSPHRASE = "NEXUS_SECRETS_PASSPHRASE"  # noqa: S105
KEY_FILE = "NEXUS_SECRETS_KEY_FILE"
LARGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A secret and its source: `where` is the variable, the file, or the keyring's class."""

    source: Source
    where: str
    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value. A process that holds one leaves no core file behind."""
        _no_core_file()
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a secret stands: where it comes from, if it is anywhere, and what went wrong on the way."""

    secret: Secret
    source: Source | None = None
    where: str | None = None
    problem: SecretFailure | None = None


class Resolver:
    """Finds and keeps the secrets of a data directory. `ring` may hang for two seconds: an engine that starts resolves without it."""

    def __init__(self, directory: Path, environ: Mapping[str, str], ring: Ring | None = None) -> None:
        self._environ = environ
        self._ring = ring or Ring(OFF)
        self._directory = directory

    def resolve(self, name: str) -> Found:
        """A secret. Raises `NoSecret` where no source has it, and what kept a source from answering where no other has it."""
        [(found, problem)] = self._look([secret(name)]).values()
        if found is not None:
            return found
        # That there is no keyring says no more than that the secret is not in it.
        if problem is not None and not isinstance(problem, NoKeyring):
            raise problem
        raise NoSecret(f"{name} is not set anywhere.")

    def everyone(self) -> list[Standing]:
        """All secrets, without their values."""
        looked = self._look(NAMES.values())
        return [
            Standing(
                secret=one, source=None if found is None else found.source, where=None if found is None else found.where,
                problem=None if isinstance(problem, NoKeyring) else problem,
            )
            for one, (found, problem) in ((NAMES[name], pair) for name, pair in looked.items())
        ]  # fmt: skip

    def put(self, name: str, value: str, place: Place | None = None) -> Standing:
        """Keep a secret: in the keyring, or where there is none in the encrypted file. Raises `KeyringLocked` rather than decide for the file."""
        one = secret(name)
        text = checked(one, value)
        if place != "file":
            try:
                self._ring.put(name, text)
            except NoKeyring:
                if place == "keyring":
                    raise
            else:
                # One copy: the other would come back when this one is removed.
                with suppress(SecretFailure):
                    self._vault().remove(name)
                return Standing(secret=one, source="keyring", where=self._ring.name)
        vault = self._vault()
        vault.put(name, text)
        return Standing(secret=one, source="encrypted file", where=str(vault.path))

    def remove(self, name: str) -> tuple[Source, ...]:
        """Remove a secret from where `put` keeps it. Returns from where it was removed."""
        secret(name)
        removed: list[Source] = []
        problem: SecretFailure | None = None
        try:
            if self._ring.remove(name):
                removed.append("keyring")
        except NoKeyring:
            pass
        except KeyringLocked as error:
            problem = error
        if self._vault().remove(name):
            removed.append("encrypted file")
        if problem is not None and not removed:
            raise problem
        return tuple(removed)

    def _look(self, wanted: Iterable[Secret]) -> dict[str, tuple[Found | None, SecretFailure | None]]:
        """Each source is asked once, and only for what those before it did not have."""
        looked: dict[str, tuple[Found | None, SecretFailure | None]] = {}
        for one in wanted:
            try:
                looked[one.name] = (from_surroundings(one.name, self._environ), None)
            except SecretFailure as error:
                looked[one.name] = (None, error)
        for kept in (self._from_ring, self._from_vault):
            missing = [
                name
                for name, (found, problem) in looked.items()
                if found is None and not isinstance(problem, UnreadableSecret)
            ]
            if missing:
                found, problem = kept(missing)
                for name in missing:
                    earlier = looked[name][1]
                    told = earlier if problem is None or isinstance(earlier, KeyringLocked) else problem
                    looked[name] = (found.get(name), told)
        return looked

    def _from_ring(self, names: list[str]) -> tuple[dict[str, Found], SecretFailure | None]:
        try:
            held = self._ring.get(names)
        except SecretFailure as error:
            return {}, error
        return {name: Found("keyring", self._ring.name, value) for name, value in held.items()}, None

    def _from_vault(self, names: list[str]) -> tuple[dict[str, Found], SecretFailure | None]:
        try:
            vault = self._vault()
            held = vault.read() if vault.exists else {}
        except SecretFailure as error:
            return {}, error
        return {name: Found("encrypted file", str(vault.path), held[name]) for name in names if name in held}, None

    def _vault(self) -> Vault:
        passphrase = from_surroundings(PASSPHRASE, self._environ)
        named = self._environ.get(KEY_FILE)
        if named:
            key_file = Path(named)
        else:
            from platformdirs import user_config_path

            key_file = user_config_path("nexus") / "secrets.key"
        return Vault(self._directory, None if passphrase is None else passphrase.reveal(), key_file)


def secret(name: str) -> Secret:
    """A secret by its name. Raises `UnknownSecret`."""
    found = NAMES.get(name)
    if found is None:
        import difflib

        near = difflib.get_close_matches(name.upper(), NAMES, 1)
        if near:
            raise UnknownSecret(f"There is no secret {name}, did you mean {near[0]}?")
        raise UnknownSecret(f"There is no secret {name}.")
    return found


def checked(one: Secret, value: str) -> str:
    """A value that can be one: a line of text, in the secret's own shape where that is known. Raises `BadSecret`, which never repeats it."""
    text = value.strip()
    if not text:
        raise BadSecret(f"{one.name}: nothing was given.")
    if len(text) > LARGEST or not text.isprintable():
        raise BadSecret(f"{one.name}: a secret is one line of at most {LARGEST} characters.")
    if one.shape.fullmatch(text) is None:
        raise BadSecret(f"{one.name}: it does not look like one.")
    return text


def from_surroundings(name: str, environ: Mapping[str, str]) -> Found | None:
    """What systemd, a variable or the file it names hold. Raises `UnreadableSecret`."""
    credentials = environ.get(CREDENTIALS)
    if credentials:
        path = Path(credentials) / name
        try:
            there = path.exists()
        except PermissionError:
            # Reading it says why; passing it over would take the secret from a weaker source.
            there = True
        if there:
            return Found("credential", str(path), _content(path))
    if value := environ.get(name):
        return Found("env", name, value)
    if file := environ.get(f"{name}_FILE"):
        return Found("env file", f"{name}_FILE", _content(Path(file)))
    return None


def _content(path: Path) -> str:
    try:
        with open_regular(path) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableSecret(f"{path}: {error.strerror}.") from error
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise UnreadableSecret(f"{path} is not UTF-8 text.") from None
    if not text or len(content) > LARGEST:
        raise UnreadableSecret(f"{path} is empty or larger than {LARGEST} bytes.")
    return text


def _no_core_file() -> None:
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
