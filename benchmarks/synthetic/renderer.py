"""A small rasteriser: meshes, one light with shadows, sensor noise elsewhere.

It draws through OpenGL without a window (EGL), on a GPU or on Mesa's software driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.facts import CapabilityError

Array = npt.NDArray[Any]

NEAR, FAR = 0.1, 12.0
"""Metres."""
SHADOW_SIZE = 768
"""Cells of the shadow map along one side."""
FIELDS = "3f 3f 3f 4f"


@dataclass(frozen=True)
class Mesh:
    """A surface.

    Attributes
    ----------
    vertices, normals, colours
        ``(v, 3)``.
    pattern
        ``(v, 4)``: where the pattern of the cloth or skin is taken from, which does not
        move with the surface, and the material.
    faces
        ``(m, 3)`` vertex numbers.
    """

    vertices: Array
    normals: Array
    colours: Array
    pattern: Array
    faces: Array


@dataclass(frozen=True)
class Camera:
    """A camera.

    Attributes
    ----------
    eye, at, up
        Where it is, what it looks at, and which way is up in the picture; metres.
    angle
        Vertical angle of view in degrees.
    """

    eye: tuple[float, float, float]
    at: tuple[float, float, float]
    up: tuple[float, float, float]
    angle: float

    @property
    def axes(self) -> Array:
        """Right, up and back of the camera as rows."""
        ahead = np.subtract(self.at, self.eye)
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, self.up)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(right, ahead), -ahead])

    def seen_from(self, points: Array) -> Array:
        """Return points in the axes of the camera; depth is the negative third."""
        return np.asarray((points - np.array(self.eye)) @ self.axes.T)

    def project(self, points: Array, size: tuple[int, int]) -> tuple[Array, Array]:
        """Return the pixels ``(n, 2)`` and depths ``(n,)`` of points ``(n, 3)``."""
        width, height = size
        seen = self.seen_from(points)
        depth = np.maximum(-seen[:, 2], 1e-6)
        focal = height / 2 / np.tan(np.radians(self.angle) / 2)
        x = seen[:, 0] / depth * focal + width / 2
        y = height / 2 - seen[:, 1] / depth * focal
        return np.stack([x, y], axis=1), -seen[:, 2]


@dataclass(frozen=True)
class Light:
    """Light of a room.

    Attributes
    ----------
    toward
        Direction to the lamp.
    ambient, lamp
        Brightness of the room and of the lamp.
    grey
        1 for a camera that sees infrared light only, else 0.
    """

    toward: tuple[float, float, float]
    ambient: float
    lamp: float
    grey: float = 0.0


_VERTEX = """#version 330
in vec3 p; in vec3 n; in vec3 c; in vec4 r; uniform mat4 M; uniform mat4 L;
out vec3 vn; out vec3 vc; out vec4 vr; out vec3 vp; out vec3 vl;
void main() {
  gl_Position = M * vec4(p, 1); vn = n; vc = c; vr = r; vp = p;
  vl = (L * vec4(p, 1)).xyz * .5 + .5;
}"""
_FRAGMENT = """#version 330
in vec3 vn; in vec3 vc; in vec4 vr; in vec3 vp; in vec3 vl; out vec4 o;
uniform vec3 eye; uniform vec3 toward; uniform vec3 eyes[2];
uniform float ambient; uniform float lamp; uniform float grey;
uniform sampler2D shadow;
float hash(vec3 p) {
  p = fract(p * .3183099 + .1) * 17.; return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}
float grain(vec3 x) {
  vec3 i = floor(x), f = fract(x); f = f * f * (3. - 2. * f); vec2 d = vec2(0, 1);
  return mix(
    mix(mix(hash(i), hash(i + d.yxx), f.x),
        mix(hash(i + d.xyx), hash(i + d.yyx), f.x), f.y),
    mix(mix(hash(i + d.xxy), hash(i + d.yxy), f.x),
        mix(hash(i + d.xyy), hash(i + d.yyy), f.x), f.y), f.z);
}
void main() {
  vec3 n = normalize(vn), v = normalize(eye - vp), c = vc;
  if (dot(n, v) < 0.) n = -n;
  float shine = .06, kind = vr.w, sharp = 24.;
  if (kind < .5) { c *= .95 + .10 * grain(vr.xyz * 60.); shine = .12; }
  else if (kind < 1.5) { c *= .82 + .36 * grain(vr.xyz * 30.); shine = .02; }
  else if (kind < 2.5) {
    c *= .6 + .8 * grain(vec3(vr.x * 260., vr.y * 40., vr.z * 40.)); shine = .25;
  } else if (kind < 3.5) {
    int side = vr.x > 0. ? 0 : 1;
    float d = length(vr.xz - eyes[side].xz);
    c = vec3(.86, .85, .83); shine = .8; sharp = 80.;
    if (d < .0062) c = vec3(.28, .18, .10);
    if (d < .0026) c = vec3(.02);
    if (d > .0056 && d < .0064) c *= .6;
  } else c *= .87 + .26 * grain(vr.xyz * 12.);
  // Near infrared, skin is bright whatever its tone, and most cloth is.
  float pale = dot(c, vec3(.3, .59, .11));
  if (kind < 1.5) c = mix(c, vec3(.32 + .45 * pale), grey);
  float lit = 0.;
  for (int i = 0; i < 4; i++) {
    vec2 step = vec2(i & 1, i >> 1) - .5;
    lit += vl.z - .004 < texture(shadow, vl.xy + step / 500.).r ? .25 : 0.;
  }
  vec3 h = normalize(toward + v);
  float direct = max(0., dot(n, toward)), wrapped = max(0., dot(n, toward) * .5 + .5);
  float onto = ambient * (.65 + .35 * n.z) + lamp * lit * (.8 * direct + .2 * wrapped);
  vec3 seen = c * onto
    + shine * lamp * lit * pow(max(0., dot(n, h)), sharp);
  seen = mix(seen, vec3(1.05 * dot(seen, vec3(.3, .59, .11))), grey);
  o = vec4(pow(clamp(seen, 0., 1.), vec3(1. / 1.6)), 1);
}"""
_SHADOW_VERTEX = """#version 330
in vec3 p; uniform mat4 L; void main() { gl_Position = L * vec4(p, 1); }"""
_SHADOW_FRAGMENT = "#version 330\nvoid main() {}"


class Renderer:
    """Draws pictures of one room from one place.

    Parameters
    ----------
    size
        Width and height in pixels.
    camera, light
        How the room is seen and lit.
    eyes
        ``(2, 3)`` places of the patient's eyes at rest, for the irises.
    still
        What never moves: drawn once, so that it costs nothing from picture to picture.
        Only shadows of what does not move fall on it.
    furniture
        What does not move and takes the shadows of those who do.

    Raises
    ------
    CapabilityError
        If OpenGL cannot be used.
    """

    def __init__(
        self,
        size: tuple[int, int],
        camera: Camera,
        light: Light,
        eyes: Array,
        *,
        still: Mesh,
        furniture: Mesh,
    ) -> None:
        self.size = size
        self._gl, context = _context()
        self._context = context
        self._program = context.program(
            vertex_shader=_VERTEX, fragment_shader=_FRAGMENT
        )
        self._shade = context.program(
            vertex_shader=_SHADOW_VERTEX, fragment_shader=_SHADOW_FRAGMENT
        )
        self._depth = context.depth_texture(size)
        self._picture = context.framebuffer(
            [context.renderbuffer(size, 3)], self._depth
        )
        self._empty_room = context.framebuffer(
            [context.renderbuffer(size, 3)], context.depth_texture(size)
        )
        self._shadow = context.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self._shadow.compare_func = ""
        self._shadow.repeat_x = self._shadow.repeat_y = False
        self._from_lamp = context.framebuffer(depth_attachment=self._shadow)
        self._buffers: dict[str, Any] = {}
        program, onto_lamp = self._program, _lamp_matrix(light).T.astype("f4").tobytes()
        self._shade["L"].write(onto_lamp)
        program["M"].write(_camera_matrix(camera, size).T.astype("f4").tobytes())
        program["L"].write(onto_lamp)
        program["eye"].value = camera.eye
        program["toward"].value = tuple(_unit(light.toward))
        program["eyes"].value = [tuple(map(float, place)) for place in eyes]
        program["ambient"].value, program["lamp"].value = light.ambient, light.lamp
        program["grey"].value = light.grey
        program["shadow"].value = 0
        self._load("still", still)
        self._load("furniture", furniture)
        self._cast_shadows(["still", "furniture"])
        self._empty_room.use()
        self._empty_room.clear(0.5, 0.5, 0.5, 1.0, depth=1.0)
        self._render(["still"])

    def draw(self, meshes: dict[str, Mesh]) -> Array:
        """Draw meshes into the room; return the RGB picture ``(height, width, 3)``."""
        for name, mesh in meshes.items():
            self._load(name, mesh)
        # What lies on top comes first: what is behind it then costs no shading.
        names = [*reversed(meshes), "furniture"]
        self._cast_shadows(names)
        self._context.copy_framebuffer(self._picture, self._empty_room)
        self._picture.use()
        self._render(names)
        raw = np.frombuffer(self._picture.read(components=3, alignment=1), np.uint8)
        return raw.reshape(self.size[1], self.size[0], 3)[::-1].copy()

    def release(self) -> None:
        """Give the memory of the driver back; nothing can be drawn afterwards."""
        self._context.gc_mode = "context_gc"
        for places, whole, shape in self._buffers.values():
            for part in (places, whole, shape):
                part.release()
        self._context.release()

    def _cast_shadows(self, names: list[str]) -> None:
        self._context.enable(self._gl.DEPTH_TEST)
        self._from_lamp.use()
        self._from_lamp.clear(depth=1.0)
        for name in names:
            self._buffers[name][2].render()

    def _render(self, names: list[str]) -> None:
        self._shadow.use(0)
        for name in names:
            self._buffers[name][1].render()

    def depths(self) -> Array:
        """Return the depth in metres of each pixel drawn last, ``(height, width)``."""
        raw = np.frombuffer(self._depth.read(alignment=1), np.float32)
        window = 2 * raw.reshape(self.size[1], self.size[0])[::-1] - 1
        return np.asarray(2 * NEAR * FAR / (FAR + NEAR - window * (FAR - NEAR)))

    def _load(self, name: str, mesh: Mesh) -> None:
        columns = (mesh.vertices, mesh.normals, mesh.colours, mesh.pattern)
        raw = np.concatenate(columns, axis=1).astype("f4").tobytes()
        if name in self._buffers and self._buffers[name][0].size == len(raw):
            self._buffers[name][0].write(raw)
            return
        places = self._context.buffer(raw)
        faces = self._context.buffer(mesh.faces.astype("i4").tobytes())
        self._buffers[name] = (
            places,
            self._context.vertex_array(
                self._program, [(places, FIELDS, "p", "n", "c", "r")], faces
            ),
            self._context.vertex_array(self._shade, [(places, "3f 40x", "p")], faces),
        )


def _context() -> tuple[Any, Any]:
    try:
        import moderngl
    except ImportError as error:
        raise CapabilityError(
            "rendering needs moderngl; install it with pip install 's3ns[synthetic]'"
        ) from error
    driver: dict[str, Any] = {"backend": "egl"}
    try:
        return moderngl, moderngl.create_context(330, standalone=True, **driver)
    except Exception as error:
        # moderngl raises whatever its loader meets: a missing library, no device.
        raise CapabilityError(
            f"OpenGL without a window is not there ({error}); on Debian and Ubuntu "
            "install it with apt install libegl1 libgl1-mesa-dri"
        ) from error


def _unit(vector: Array | tuple[float, ...]) -> Array:
    return np.asarray(np.asarray(vector) / np.linalg.norm(vector))


def _camera_matrix(camera: Camera, size: tuple[int, int]) -> Array:
    view = np.eye(4)
    view[:3, :3] = camera.axes
    view[:3, 3] = -camera.axes @ np.array(camera.eye)
    focal = 1 / np.tan(np.radians(camera.angle) / 2)
    lens = np.zeros((4, 4))
    lens[0, 0], lens[1, 1] = focal * size[1] / size[0], focal
    lens[2, 2], lens[2, 3] = (FAR + NEAR) / (NEAR - FAR), 2 * FAR * NEAR / (NEAR - FAR)
    lens[3, 2] = -1
    return np.asarray(lens @ view)


def _lamp_matrix(light: Light, around: float = 1.7) -> Array:
    """Parallel light onto a square around the middle of the bed, in metres."""
    back = _unit(light.toward)
    right = _unit(np.cross((0.0, 1.0, 0.0), back))
    axes = np.stack([right, np.cross(back, right), back])
    view = np.eye(4)
    view[:3, :3] = axes
    view[:3, 3] = -axes @ (np.array([0.0, 0.0, 0.7]) + 3 * back)
    lens = np.diag([1 / around, 1 / around, -1 / 3.0, 1.0])
    lens[2, 3] = -1
    return np.asarray(lens @ view)
