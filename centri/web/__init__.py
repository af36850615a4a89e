"""What centri answers over HTTP: hints from CRMs, its health, its figures."""
