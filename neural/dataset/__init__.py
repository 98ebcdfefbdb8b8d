"""Training data for language models: tasks, reasoning, rewards, files."""
