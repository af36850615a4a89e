"""The centri command."""
