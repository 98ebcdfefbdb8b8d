"""The Seizure-Semiology-Suite (S3): its seven tasks, as published and asked properly.

The way of the data is the order of the files: ``tables`` (files with their damage) ->
``truth`` and ``answers`` (what experts and systems say of a video) -> a module for each
task, as ``published`` and as ``rigorous`` asks it -> ``run`` -> ``page``.
"""
