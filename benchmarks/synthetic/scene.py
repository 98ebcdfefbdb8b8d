"""Who and what is in the room at a moment, as meshes for the renderer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import Body, make_body
from s3ns.benchmarks.synthetic.look import Look, dressed
from s3ns.benchmarks.synthetic.posture import (
    DEGREES_OF_FREEDOM,
    facial_actions,
    joint_turns,
    rotation,
)
from s3ns.benchmarks.synthetic.renderer import Mesh
from s3ns.benchmarks.synthetic.room import HINGE

Array = npt.NDArray[Any]

SEAT = 0.05
"""Metres from the hinge of the bed up its back to where the hips lie."""
SUNK = 0.85
"""Share of the body's depth that stays above the mattress."""
TRUNK, LEG = 0.46, 0.85
"""Metres from the hips to the shoulders, and to the heels."""


class Patient:
    """A body in bed.

    Parameters
    ----------
    body, look
        Who.
    raised
        Degrees by which the back of the bed is raised.
    """

    def __init__(self, body: Body, look: Look, raised: float) -> None:
        self.body, self.look, self.raised = body, look, raised
        trunk = np.array(
            [bone.startswith(("spine", "root")) for bone in body.main_bone]
        )
        root = body.heads[0]
        self._depth = SUNK * float((body.vertices[trunk, 1] - root[1]).max())

    def at(self, now: Mapping[str, float]) -> tuple[Mesh, dict[str, Array]]:
        """Return the surface and the joints for values of the degrees of freedom."""
        lift = float(np.clip(now["pelvis_lift"], -0.3, 0.3))
        trunk_drop = float(np.degrees(np.arcsin(lift / TRUNK)))
        leg_drop = float(np.degrees(np.arcsin(lift / LEG)))
        tilt = self.raised - trunk_drop
        lying = rotation((1.0, 0.0, 0.0), tilt - 90)
        back = np.radians(self.raised)
        along = np.array([0.0, np.cos(back), np.sin(back)])
        front = np.array([0.0, -np.sin(back), np.cos(back)])
        roll = rotation((0.0, 0.0, 1.0), now["trunk_roll"])
        # Who rolls over lies on a shoulder and a hip, which are wider than deep.
        higher = 0.06 * abs(np.sin(np.radians(now["trunk_roll"])))
        place = np.array(HINGE) + SEAT * along + (self._depth + higher) * front
        place += (now["shift_across"], now["shift_along"], lift)
        legs = dict(now)
        for side in ("left", "right"):
            # A person on one side has the legs in the plane of the bed.
            facing = float(np.cos(np.radians(now["trunk_roll"])))
            legs[f"{side}_hip"] += facing * (tilt - leg_drop)
        return self._placed(legs, lying @ roll, place)

    def _placed(
        self, now: Mapping[str, float], turn: Array, place: Array
    ) -> tuple[Mesh, dict[str, Array]]:
        vertices, normals, joints = self.body.posed(
            joint_turns(self.body, now), facial_actions(now), turn, place
        )
        look = self.look
        pattern = np.concatenate([self.body.vertices, look.material[:, None]], axis=1)
        mesh = Mesh(
            vertices + normals * look.thickness[:, None],
            normals,
            look.colours,
            pattern,
            self.body.faces,
        )
        return mesh, dict(zip(self.body.bones, joints, strict=True))


class Nurse(Patient):
    """Somebody who stands at the patient's left and reaches over the bed."""

    def __init__(self) -> None:
        body = make_body({"woman": 0.7, "man": 0.3})
        look = dressed(
            body, skin="light", hair="brown", clothes="scrubs", long_sleeves=False
        )
        super().__init__(body, look, 0.0)
        self._floor = float(body.heads[0, 2] - body.vertices[:, 2].min())

    def at_time(self, seconds: float) -> Mesh:
        """Return the surface at a moment: swaying, with an arm that reaches out."""
        now = dict.fromkeys(DEGREES_OF_FREEDOM, 0.0)
        reach = 0.5 - 0.5 * float(np.cos(2 * np.pi * seconds / 7.0))
        now |= {
            "head_pitch": 25.0,
            "right_shoulder_flexion": 25 + 45 * reach,
            "right_elbow": 50 - 30 * reach,
            "left_shoulder_flexion": 20.0,
            "left_elbow": 60.0,
            "left_shoulder_rotation": 40.0,
        }
        sway = 0.02 * float(np.sin(0.7 * seconds))
        turn = rotation((0.0, 0.0, 1.0), -90.0 + 8 * float(np.sin(0.5 * seconds)))
        place = np.array([0.86, -0.25 + sway, self._floor])
        return self._placed(now, turn, place)[0]
