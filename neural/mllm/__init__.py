"""Findings from multimodal language models, asked about what each sign looks like."""
