"""The model store: where models come from, their conversion to ONNX, their hashes."""
