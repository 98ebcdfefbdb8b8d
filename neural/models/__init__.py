"""The model store: where models come from, their conversion to ONNX, their hashes."""

from s3ns.neural.models.manifest import Manifest, ModelRecord, manifest
from s3ns.neural.models.store import ModelStatus, ModelStore, default_root

__all__ = [
    "Manifest",
    "ModelRecord",
    "ModelStatus",
    "ModelStore",
    "default_root",
    "manifest",
]
