"""The local HTTP face, thin, over the facade: commands of attached viewers come in here."""
