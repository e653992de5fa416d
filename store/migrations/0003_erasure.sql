-- That something was erased, when and by whom; nothing of whom it was about.
CREATE TABLE erasure(
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, documents INTEGER NOT NULL, blobs INTEGER NOT NULL, messages INTEGER NOT NULL,
  keys INTEGER NOT NULL) STRICT;
