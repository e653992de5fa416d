"""Header and item lists of notes (CSV): dialect, known columns, slices by note, and the note from its slices."""
