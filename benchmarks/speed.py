"""Time, memory and their split by stage, on a 1080p30 clip that is made on the spot.

    python benchmarks/speed.py            # one minute, by stage
    python benchmarks/speed.py --long     # also 20 minutes, for the memory

The clip is the sample, enlarged, with sensor noise, at about 6 Mb/s. All times are per
second of video. Decoding alone, in the same run, is the measure to compare with: it is
what any tool must spend.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import av
import numpy as np

SAMPLE = Path(__file__).parents[1] / "samples" / "demo.mp4"
WIDTH, HEIGHT, BIT_RATE = 1920, 1080, 6_000_000
NOISE = 4.0


def make_clip(path: Path) -> None:
    """Write the sample enlarged to 1080p with noise, with its sound."""
    random = np.random.default_rng(0)
    noises = [random.normal(0, NOISE, (HEIGHT, WIDTH, 1)) for _ in range(7)]
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=30)
        video.width, video.height, video.bit_rate = WIDTH, HEIGHT, BIT_RATE
        video.pix_fmt, video.options = "yuv420p", {"preset": "veryfast"}
        sound = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.video[0], source.streams.audio[0]):
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                packet.stream = sound
                target.mux(packet)
                continue
            for frame in packet.decode():
                if not isinstance(frame, av.VideoFrame):
                    continue
                picture = frame.reformat(WIDTH, HEIGHT, format="rgb24").to_ndarray()
                noisy = picture + noises[random.integers(len(noises))]
                clipped = np.clip(noisy, 0, 255).astype(np.uint8)
                target.mux(video.encode(av.VideoFrame.from_ndarray(clipped)))
        target.mux(video.encode(None))


def repeat_clip(clip: Path, path: Path, times: int) -> None:
    """Write a clip several times in a row, without encoding it again."""
    with av.open(str(path), "w") as target:
        with av.open(str(clip)) as source:
            streams = [target.add_stream_from_template(one) for one in source.streams]
            # A little longer than the clip: frames decode before they are shown.
            length = (source.duration or 0) / av.time_base + 0.1
        for turn in range(times):
            with av.open(str(clip)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    shift = round(turn * length / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)


def decode_only(path: Path) -> dict[str, float]:
    """Decode every frame with PyAV in one thread, and nothing else."""
    begun, cpu = time.perf_counter(), time.process_time()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        count = sum(1 for _ in container.decode(stream))
        seconds = count / float(stream.average_rate or 1)
    spent = time.process_time() - cpu
    wall = time.perf_counter() - begun
    return {"cpu": spent / seconds, "wall": wall / seconds}


def by_stage(path: Path, fps: float) -> dict[str, float]:
    """Run the stages one after the other in one thread and add up their CPU time."""
    from s3ns.neural.boxes import BoxDetector
    from s3ns.neural.expression import read_expression
    from s3ns.neural.landmark_extractor import LANDMARK_MODELS, SPEECH_MODEL
    from s3ns.neural.landmarks import Models, PatientTracker
    from s3ns.neural.models import ModelStore
    from s3ns.neural.runtime import open_model
    from s3ns.neural.signs.registry import detect_all
    from s3ns.neural.sound import VoiceMeter
    from s3ns.neural.tracks import Recorder
    from s3ns.neural.video import Frame, Sound, read

    spent: dict[str, float] = defaultdict(float)

    class Timed:
        def __init__(self, name: str) -> None:
            self.model = open_model(ModelStore().path(name), "cpu")
            self.name = name

        def run(self, *values: Any, **named: Any) -> Any:
            begun = time.process_time()
            result = self.model.run(*values, **named)
            spent[f"model {self.name}"] += time.process_time() - begun
            return result

    person, pose, face_box, face = (Timed(name) for name in LANDMARK_MODELS)
    models = Models(
        BoxDetector.of_people(person),  # type: ignore[arg-type]
        pose,  # type: ignore[arg-type]
        BoxDetector.of_faces(face_box),  # type: ignore[arg-type]
        face,  # type: ignore[arg-type]
    )
    tracker, recorder = PatientTracker(models), Recorder(fps)
    meter = VoiceMeter(Timed(SPEECH_MODEL))  # type: ignore[arg-type]
    begun, end = time.process_time(), 0.0
    media = read(path, fps=fps)
    while (item := next(media, None)) is not None:
        now = time.process_time()
        spent["decode"] += now - begun
        if isinstance(item, Frame):
            found = tracker.follow(item.time, item.image)
            recorder.add(found, read_expression(found.face) if found.face else None)
            end = item.time + 1 / fps
            spent["landmarks"] += time.process_time() - now
        elif isinstance(item, Sound):
            meter.feed(item)
            spent["sound"] += time.process_time() - now
        begun = time.process_time()
    detect_all(recorder.tracks(0, end, meter.result()))
    spent["signs"] = time.process_time() - begun
    return {name: value / end for name, value in spent.items()}


def whole(path: Path, fps: float) -> dict[str, float]:
    """Extract and reason in a fresh process; return CPU, wall and peak memory."""
    command = [sys.executable, __file__, "--measure", str(path), "--fps", str(fps)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(printed.stdout)
    return result


def measure(path: Path, fps: float) -> None:
    """Do what ``whole`` asks for, and print it."""
    from s3ns.neural.extractor import ExtractOptions, make_extractor
    from s3ns.symbolic import Reasoner

    begun, cpu = time.perf_counter(), time.process_time()
    options = ExtractOptions(fps=fps, device="cpu")
    document = make_extractor("landmarks").extract(path, options, lambda *_: None)
    Reasoner().reason(document)
    seconds = document.recording.duration
    print(
        json.dumps(
            {
                "cpu": (time.process_time() - cpu) / seconds,
                "wall": (time.perf_counter() - begun) / seconds,
                "peak_mb": peak_memory(),
            }
        )
    )


def peak_memory() -> float:
    """Return the most memory this program has held, in MB.

    Linux counts what the parent held into ``ru_maxrss``; its own file is asked first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Make the clips, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--long", action="store_true", help="also 20 minutes")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.fps)
        return
    with tempfile.TemporaryDirectory() as folder:
        piece, minute = Path(folder, "piece.mp4"), Path(folder, "minute.mp4")
        make_clip(piece)
        repeat_clip(piece, minute, 3)
        print(
            f"60 s of 1080p30, {minute.stat().st_size / 1e6:.0f} MB, {arguments.fps:g} "
            "frames analysed per second; seconds per second of video"
        )
        peer = decode_only(minute)
        print(f"  decode every frame, one thread   cpu {peer['cpu']:.3f}")
        for name, value in by_stage(minute, arguments.fps).items():
            print(f"  {name:<32} cpu {value:.3f}   x {value / peer['cpu']:.2f}")
        runs = {"1 min": minute}
        if arguments.long:
            runs["20 min"] = Path(folder, "long.mp4")
            repeat_clip(piece, runs["20 min"], 60)
        for name, path in runs.items():
            result = whole(path, arguments.fps)
            print(
                f"  classify, {name:<22} cpu {result['cpu']:.3f}   "
                f"x {result['cpu'] / peer['cpu']:.2f}   wall {result['wall']:.3f}   "
                f"peak {result['peak_mb']:.0f} MB"
            )


if __name__ == "__main__":
    main()
