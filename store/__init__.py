"""What Nexus remembers: one SQLite file with one writer, and blobs as files named by their content."""
