"""s3ns: measured findings, readable rules and a proof for seizure videos.

Research software. Not a medical device.
"""

__version__ = "0.1.0"
