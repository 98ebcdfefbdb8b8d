"""Encoders trained on annotated video: data, training, scores, export, findings."""
