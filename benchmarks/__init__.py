"""How good, how fast: harnesses, their peers and the trivial answers beside them."""
