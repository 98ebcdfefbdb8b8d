"""The rule base: what neurologists write. Data only."""
