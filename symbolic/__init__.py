"""The symbolic stage: from findings to a verdict with its proof."""
