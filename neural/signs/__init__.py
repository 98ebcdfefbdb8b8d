"""Sign detectors: functions from tracks to findings, one module per body group."""
