"""centri keeps CRMs and a partner store in step, in both directions."""
