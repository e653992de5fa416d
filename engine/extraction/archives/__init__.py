"""Archives: a ZIP becomes its members, one at a time, within one shared budget. Names are labels here, never paths."""
