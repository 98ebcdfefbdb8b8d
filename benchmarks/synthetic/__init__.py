"""Rendered patients with exact truth: scenarios, films of them, and their scores."""
