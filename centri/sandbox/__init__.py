"""CRMs to play with, over real HTTP on loopback; imports nothing of centri."""
