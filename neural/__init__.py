"""The neural stage: from a video to findings. It knows nothing of rules."""
