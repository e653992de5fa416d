"""Schemas as numbered SQL files, applied in order by `store.migrate`."""
