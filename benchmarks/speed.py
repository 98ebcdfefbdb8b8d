"""Time, memory and their split by stage, with the accuracy of the same run beside it.

    python benchmarks/speed.py            # one minute of 1080p30
    python benchmarks/speed.py --long     # also 20 minutes, for the memory
    python benchmarks/speed.py --peer mp/bin/python --suite suite/

The clip is the sample, enlarged, with sensor noise, at about 6 Mb/s. All times are per
second of video. CPU seconds are those of whole processes, start and all threads
included; wall times count where nobody else uses the machine, so its load is printed.
Decoding alone, in the same run, is what any tool must spend. The peer is MediaPipe's
own Python pipeline on the same pictures, in an environment of its own
(``pip install mediapipe==0.10.21``). Accuracy is that of the rendered films in
``samples/synthetic``, or of a suite from ``s3ns synth suite``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "demo.mp4"
FILMS = ROOT / "samples" / "synthetic"
PEER = Path(__file__).with_name("speed_peer.py")
WIDTH, HEIGHT, BIT_RATE = 1920, 1080, 6_000_000
NOISE = 4.0
MODEL_NAMES = {
    "pose_detection": "find people",
    "pose_landmark_full": "follow the body",
    "face_detection_short_range": "find a face",
    "face_landmark_with_attention": "follow the face",
    "silero_vad": "hear speech",
}

Table = dict[str, float]


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


def decode_only(path: Path) -> Table:
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


def by_stage(path: Path, fps: float) -> tuple[Table, list[Any]]:
    """Run the stages one after the other in one thread and add up their CPU time.

    Returns
    -------
    CPU seconds per second of video by stage, and the body points of each picture, for
    the peer's to be compared with.
    """
    from s3ns.neural.boxes import BoxDetector
    from s3ns.neural.expression import read_expression
    from s3ns.neural.heads.judge import judge
    from s3ns.neural.landmark_extractor import LANDMARK_MODELS, SPEECH_MODEL
    from s3ns.neural.landmarks import Models, PatientTracker
    from s3ns.neural.models import ModelStore
    from s3ns.neural.runtime import open_model
    from s3ns.neural.signs.registry import detect_all
    from s3ns.neural.sound import VoiceMeter
    from s3ns.neural.tracks import Recorder
    from s3ns.neural.video import Frame, Sound, read

    spent: dict[str, float] = defaultdict(float)
    inside = 0.0

    class Timed:
        def __init__(self, name: str) -> None:
            self.model = open_model(ModelStore().path(name), "cpu")
            self.name = MODEL_NAMES[name]

        def run(self, *values: Any, **named: Any) -> Any:
            nonlocal inside
            begun = time.process_time()
            result = self.model.run(*values, **named)
            inside += time.process_time() - begun
            spent[f"model: {self.name}"] += time.process_time() - begun
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
    points: list[Any] = []
    begun, end = time.process_time(), 0.0
    media = read(path, fps=fps)
    while (item := next(media, None)) is not None:
        now = time.process_time()
        spent["decode, as RGB"] += now - begun
        inside = 0.0
        if isinstance(item, Frame):
            found = tracker.follow(item.time, item.picture)
            recorder.add(found, read_expression(found.face) if found.face else None)
            points.append(None if found.pose is None else found.pose.points.tolist())
            end = item.time + 1 / fps
            spent["crops and points"] += time.process_time() - now - inside
        elif isinstance(item, Sound):
            meter.feed(item)
            spent["level and pitch"] += time.process_time() - now - inside
        begun = time.process_time()
    tracks = recorder.tracks(0, end, meter.result())
    judge(tracks, detect_all(tracks))
    spent["signs"] = time.process_time() - begun
    return {name: value / end for name, value in spent.items()}, points


def start() -> None:
    """Load all that is loaded once: packages, models and rules."""
    from s3ns.neural.extractor import make_extractor
    from s3ns.neural.landmark_extractor import LANDMARK_MODELS, SPEECH_MODEL
    from s3ns.neural.models import ModelStore
    from s3ns.neural.runtime import open_model
    from s3ns.symbolic import Reasoner

    make_extractor("landmarks")
    for name in (*LANDMARK_MODELS, SPEECH_MODEL):
        open_model(ModelStore().path(name), "cpu")
    Reasoner()
    print("{}")


def classify(path: Path, fps: float) -> None:
    """Do the whole main job, and print the most memory that it held, in MB."""
    from s3ns import pipeline
    from s3ns.neural.extractor import ExtractOptions

    document = pipeline.classify(path, ExtractOptions(fps=fps, device="cpu"))
    seconds = document.recording.duration
    print(json.dumps({"seconds": seconds, "peak_mb": peak_memory()}))


def measured(command: list[str]) -> dict[str, Any]:
    """Run a program that prints JSON; add CPU and wall seconds of the whole of it."""
    used, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - wall
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    result: dict[str, Any] = json.loads(printed.stdout.splitlines()[-1])
    return result | {"cpu": cpu, "wall": wall}


def ourselves(*arguments: object) -> dict[str, Any]:
    """Run a part of this program in a process of its own."""
    return measured([sys.executable, __file__, *map(str, arguments)])


def peer(interpreter: str | None, path: Path, fps: float, ours: list[Any]) -> str:
    """Run MediaPipe's own pipeline; return its figures in words."""
    if interpreter is None and find_spec("mediapipe") is None:
        return (
            "not installed; `pip install mediapipe==0.10.21` in an environment of its "
            "own, and name its Python with --peer"
        )
    try:
        came = measured([interpreter or sys.executable, str(PEER), str(path), str(fps)])
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        return f"did not run: {error}"
    seconds = came["seconds"]
    parts = (f"{name} {value / seconds:.3f}" for name, value in came["spent"].items())
    apart = [
        np.linalg.norm(np.subtract(one, two), axis=1)
        for one, two in zip(ours, came["points"], strict=False)
        if one is not None and two is not None
    ]
    middle = f"{np.median(apart):.1f} pixels" if apart else "not comparable"
    return (
        f"cpu {came['cpu'] / seconds:.3f}   wall {came['wall'] / seconds:.3f}   "
        f"({', '.join(parts)}); body in {came['bodies']:.0%} and face in "
        f"{came['faces']:.0%} of the pictures; its points from ours, median: {middle}"
    )


def accuracy(suite: Path, fps: float) -> str:
    """Extract the films of a suite and score what was found against their truth."""
    from s3ns import pipeline
    from s3ns.benchmarks.synthetic.score import by_rules, load, score
    from s3ns.neural.extractor import ExtractOptions

    options = ExtractOptions(fps=fps, device="cpu")
    cpu = time.process_time()
    clips = load(suite, lambda film, _: pipeline.extract(film, options))
    cpu = time.process_time() - cpu
    scores = score(clips, by_rules())
    cpu /= 60 * scores["minutes"]
    figures = scores["summary"] | {
        f"verdict {name}": scores["verdict"][name]
        for name in ("macro_f1_decided", "coverage")
    }
    lines = [
        f"  {name.replace('_', ' '):<34} {'-' if value is None else f'{value:.2f}'}"
        for name, value in figures.items()
    ]
    title = f"{scores['clips']} rendered films, extracted at cpu {cpu:.3f}"
    return "\n".join([title, *lines])


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
    from s3ns.neural.extractor import ExtractOptions

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=float, default=ExtractOptions.fps)
    parser.add_argument("--long", action="store_true", help="also 20 minutes")
    parser.add_argument("--peer", help="Python of an environment with MediaPipe")
    parser.add_argument("--suite", type=Path, default=FILMS, help="rendered films")
    parser.add_argument("--classify", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--start", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    fps = arguments.fps
    if arguments.start:
        start()
        return
    if arguments.classify:
        classify(arguments.classify, fps)
        return
    with tempfile.TemporaryDirectory() as folder:
        piece, minute = Path(folder, "piece.mp4"), Path(folder, "minute.mp4")
        make_clip(piece)
        repeat_clip(piece, minute, 3)
        print(
            f"60 s of 1080p30, {minute.stat().st_size / 1e6:.0f} MB, {fps:g} frames "
            "analysed per second; seconds per second of video"
        )
        report_stages(minute, fps, arguments.peer)
        runs = {"1 min": minute}
        if arguments.long:
            runs["20 min"] = Path(folder, "long.mp4")
            repeat_clip(piece, runs["20 min"], 60)
        for name, path in runs.items():
            load = os.getloadavg()[0]
            came = ourselves("--classify", path, "--fps", fps)
            print(
                f"  classify, {name:<23} cpu {came['cpu'] / came['seconds']:.3f}   "
                f"wall {came['wall'] / came['seconds']:.3f}   "
                f"peak {came['peak_mb']:.0f} MB   "
                f"({os.cpu_count()} cores; load before: {load:.1f})"
            )
    print(accuracy(arguments.suite, fps))


def report_stages(path: Path, fps: float, interpreter: str | None) -> None:
    """Print the split by stage, and what decoding alone and the peer spend."""
    plain = decode_only(path)
    print(f"  {'decode every frame, one thread':<33} cpu {plain['cpu']:.3f}")
    split, points = by_stage(path, fps)
    begin = ourselves("--start")["cpu"]
    for name, value in (*split.items(), ("all stages", sum(split.values()))):
        print(f"  {name:<33} cpu {value:.3f}   x {value / plain['cpu']:.2f}")
    print(f"  {'start: packages, models, rules':<33} cpu {begin:.1f} s, once")
    print(f"  MediaPipe: {peer(interpreter, path, fps, points)}", flush=True)


if __name__ == "__main__":
    main()
