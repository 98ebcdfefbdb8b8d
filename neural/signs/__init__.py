"""Sign detectors: each a function from tracks to findings, one module per body group."""
