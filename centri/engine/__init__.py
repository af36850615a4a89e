"""Where decisions meet effects; one verb per file."""
