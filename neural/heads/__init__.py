"""Temporal heads: trained judges of movement beside the hand-written detectors."""
