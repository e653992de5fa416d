"""What an operator may configure, where each value comes from, and where secrets are kept."""
