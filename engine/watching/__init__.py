"""Watched folders: what is dropped into them is taken in once it is written to its end."""
