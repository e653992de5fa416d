"""The faces of Nexus: the terminal UI and the command line."""
