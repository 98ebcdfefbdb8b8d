"""The Seizure-Semiology-Suite (S3): its seven tasks, as published and asked properly.

The way of the data is the order of the files: ``tables`` (files with their damage) ->
``truth`` and ``answers`` (what experts and systems say of a video) -> one module for each
task -> ``tally`` (the tables of a run) -> the command line and the page.
"""
