"""Showing Documents to people: the first screen, the proof, the tables."""
