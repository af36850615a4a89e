"""The CRMs, each behind one protocol."""
