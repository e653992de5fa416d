"""The keyring of the operating system: only kinds that are allowed, on a thread of its own, and never for longer than two seconds.

A locked keyring may wait for a dialog that nobody sees; the thread is then left behind, and the keyring is not asked again by this process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from engine.errors import KeyringLocked, NoKeyring, SecretFailure

T = TypeVar("T")

#: Under which name secrets lie in the keyring.
SERVICE = "nexus"
PATIENCE_S = 2.0
#: Modules whose keyrings encrypt and belong to the user's session. Others, which may be plain files, are used only if the operator names their class.
ALLOWED = frozenset(
    {
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }
)
AUTO, OFF = "auto", "off"


class Ring:
    """The keyring that a setting chooses: `auto`, `off`, or the class of one."""

    def __init__(self, choice: str = AUTO) -> None:
        self._choice = choice
        self._failed: SecretFailure | None = None
        self._backend: Any = None

    @property
    def name(self) -> str:
        """The class of the keyring that answered last."""
        return "" if self._backend is None else _name(self._backend)

    def get(self, names: Iterable[str]) -> dict[str, str]:
        """The secrets that the keyring holds. Raises `NoKeyring` or `KeyringLocked`."""
        wanted = tuple(names)

        def work(backend: Any) -> dict[str, str]:
            found = {name: backend.get_password(SERVICE, name) for name in wanted}
            return {name: value for name, value in found.items() if isinstance(value, str) and value}

        return self._within(work)

    def put(self, name: str, value: str) -> None:
        """Store a secret."""
        self._within(lambda backend: backend.set_password(SERVICE, name, value))

    def remove(self, name: str) -> bool:
        """Remove a secret. True if there was one."""

        def work(backend: Any) -> bool:
            if backend.get_password(SERVICE, name) is None:
                return False
            backend.delete_password(SERVICE, name)
            return True

        return self._within(work)

    def _within(self, work: Callable[[Any], T]) -> T:
        if self._failed is not None:
            raise self._failed
        results: list[T] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                self._backend = self._backend or _backend(self._choice)
                results.append(work(self._backend))
            except Exception as error:  # told by whoever waits for it
                errors.append(error)

        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        thread.join(PATIENCE_S)
        if results:
            return results[0]
        error = errors[0] if errors else None
        if isinstance(error, SecretFailure):
            self._failed = error
        elif error is not None:
            # What a keyring says of itself may hold anything; its kind is enough.
            self._failed = KeyringLocked(f"The keyring refused: {type(error).__name__}.")
        else:
            self._failed = KeyringLocked(f"The keyring did not answer within {PATIENCE_S:.0f} seconds.")
        raise self._failed from None


def _backend(choice: str) -> Any:
    """The keyring to use. Raises `NoKeyring`."""
    if choice == OFF:
        raise NoKeyring("The keyring is turned off by secrets.keyring.")
    try:
        import keyring.backend
        import keyring.core
    except ImportError:
        raise NoKeyring("The keyring library is not installed.") from None
    if choice != AUTO:
        try:
            return keyring.core.load_keyring(choice)
        except Exception as error:  # whatever a module of the operator's own runs into
            raise NoKeyring(f"The keyring {choice} cannot be loaded: {type(error).__name__}.") from None
    found: Any = keyring.core.get_keyring()
    for backend in (found, *getattr(found, "backends", ())):
        if type(backend).__module__ in ALLOWED:
            return backend
    if type(found).__module__ == "keyring.backends.fail":
        raise NoKeyring("This session has no keyring.")
    raise NoKeyring(f"The keyring {_name(found)} is not one of those that are allowed.")


def _name(backend: Any) -> str:
    return f"{type(backend).__module__}.{type(backend).__name__}"
