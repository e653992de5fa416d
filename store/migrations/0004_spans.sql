-- The span that sent a message, and that of its last failed attempt: a trace goes on from the one and links the other.
ALTER TABLE msg ADD COLUMN parent INTEGER;
ALTER TABLE msg ADD COLUMN failed INTEGER;
