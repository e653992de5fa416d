"""Where a setting or a secret comes from, in words."""

from __future__ import annotations

from nexus_tui.cli.words import Language, word

WORD_OF = {
    "flag": "source_flag",
    "env": "source_env",
    "setting": "source_setting",
    "config.toml": "source_config_toml",
    "default": "source_default",
    "credential": "source_credential",
    "env file": "source_env_file",
    "keyring": "source_keyring",
    "encrypted file": "source_encrypted_file",
}


def source(kind: str | None, where: str | None, spoken: Language) -> str:
    """`keyring (keyring.backends.SecretService.Keyring)`; that nothing is set where there is no source."""
    named = word("source_none" if kind is None else WORD_OF[kind], spoken)
    return named if where is None else f"{named} ({where})"
