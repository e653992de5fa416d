"""The command line: one noun a group, every command with `--json`, stable exit codes. Imported only once a command was named."""
