"""Bytes to what they are: kinds, documents, lists, archives; hostile bytes in a sandbox. One document in, one `Extraction` out."""
