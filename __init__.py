"""s3ns: measured findings, readable rules and a proof for seizure videos.

Research software. Not a medical device.
"""

import os

__version__ = "0.1.0"

# Wheels of onnxruntime keep a diary of the programs that load it, and send it to their
# maker, unless this is set before. Nothing leaves this machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
