"""Records that are one and the same: who is, how likely, why, and what remains of them when they become one."""
