"""The peer of ``benchmarks/speed.py``: MediaPipe's own Python pipeline.

    python benchmarks/speed_peer.py clip.mp4 10

It is run by the interpreter of an environment that has MediaPipe, and loads nothing of
s3ns: OpenCV decodes, every so-many-th picture goes through MediaPipe's pose of the same
size and its face mesh with refined eyes, and what that cost is printed as JSON. CPU
seconds are those of all threads; MediaPipe shares its models among several.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def _import(name: str) -> Any:
    return __import__(name, fromlist=["_"])


def main(path: str, fps: float) -> None:
    """Follow body and face through a video, and print what it cost."""
    begun = time.process_time()
    cv2, mediapipe = _import("cv2"), _import("mediapipe")
    pose = mediapipe.solutions.pose.Pose(model_complexity=1)
    face = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)
    spent = {"start": time.process_time() - begun, "decode": 0.0, "pose": 0.0}
    spent["face"] = 0.0
    capture = cv2.VideoCapture(path)
    step = max(1, round(capture.get(cv2.CAP_PROP_FPS) / fps))
    wall = time.perf_counter()
    count = looked = bodies = faces = 0
    points = []
    while True:
        begun = time.process_time()
        if not capture.grab():
            break
        wanted = count % step == 0
        count += 1
        image = None
        if wanted:
            image = cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
        decoded = time.process_time()
        spent["decode"] += decoded - begun
        if image is None:
            continue
        looked += 1
        found = pose.process(image).pose_landmarks
        followed = time.process_time()
        spent["pose"] += followed - decoded
        faces += bool(face.process(image).multi_face_landmarks)
        spent["face"] += time.process_time() - followed
        bodies += bool(found)
        height, width = image.shape[:2]
        points.append(
            [[p.x * width, p.y * height] for p in found.landmark] if found else None
        )
    print(
        json.dumps(
            {
                "seconds": count / capture.get(cv2.CAP_PROP_FPS),
                "spent": spent,
                "wall": time.perf_counter() - wall,
                "bodies": bodies / looked,
                "faces": faces / looked,
                "points": points,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
