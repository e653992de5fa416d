"""The engine as faces see it: queries return frozen results, commands a result with counts and refusals. Faces use nothing deeper."""
