"""The PRM database."""
