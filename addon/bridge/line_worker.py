"""Let Blender draw heads, to compare with: `blender -b --python line_worker.py -- IN.npz OUT.npz`.

Freestyle renders each head to a picture; Line Art makes strokes, of its contours alone and of all
that Blender has it look for (creases and where eyes and teeth meet the skin, too). IN holds
`vertices` (N, V, 3) metres in core space, `polygons` (Q, 4) with -1 for none, `scale_px` and
`inverse_distance` (N,) of the cameras, `size`, and whether `freestyle` is wanted. OUT gets CPU
seconds a head for each, the pictures (N, size, size) uint8, and the contours' points (x, y, head,
stroke).
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np

_SENSOR_MM, _FAR_M = 36.0, 4.0


def run(source: Path, target: Path) -> None:
    """Draw every head in both ways."""
    given = np.load(source)
    vertices = given["vertices"][..., [0, 2, 1]] * np.array([1.0, -1.0, 1.0], np.float32)
    scene, head, pens = _scene(vertices[0], given["polygons"], int(given["size"]))
    seconds: dict[str, list[float]] = {"freestyle_s": [], "lineart_s": [], "contours_s": []}
    pictures, points = [], []
    with tempfile.TemporaryDirectory(prefix="limner-") as folder:
        for number, places in enumerate(vertices):
            _look(scene, float(given["scale_px"][number]), float(given["inverse_distance"][number]))
            head.data.vertices.foreach_set("co", places.astype(np.float32).ravel())
            for way, pen in pens.items():
                started = time.process_time()
                places_3d, stroke = _drawn_by(pen, head)
                seconds[f"{way}_s"].append(time.process_time() - started)
            image = _projected(places_3d, given, number)
            points.append(np.column_stack([image, np.full(len(image), number), stroke]))
            if not given["freestyle"]:
                continue
            scene.render.filepath = str(Path(folder) / f"{number}.png")
            started = time.process_time()
            bpy.ops.render.render(write_still=True)
            seconds["freestyle_s"].append(time.process_time() - started)
            pictures.append(_grey(scene.render.filepath))
    stacked = np.stack(pictures) if pictures else np.empty((0, 0, 0), dtype=np.uint8)
    np.savez(target, pictures=stacked, points=np.concatenate(points), **seconds)


def _scene(
    vertices: np.ndarray, polygons: np.ndarray, size: int
) -> tuple[bpy.types.Scene, bpy.types.Object, dict[str, bpy.types.Object]]:
    """Make an empty scene with the head, a camera, Freestyle, and pencils with Line Art.

    The last pencil, `contours`, draws these alone; `lineart` all that Blender has it draw.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    mesh = bpy.data.meshes.new("head")
    faces = [[int(corner) for corner in row if corner >= 0] for row in polygons]
    mesh.from_pydata(vertices.tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    head = bpy.data.objects.new("head", mesh)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.sensor_width, camera.data.sensor_fit = _SENSOR_MM, "HORIZONTAL"
    camera.rotation_euler = (np.pi / 2.0, 0.0, 0.0)  # looks along Blender's +Y
    pens = {"lineart": _pen(head), "contours": _pen(head)}
    _draw_contours_alone(pens["contours"])
    for thing in (head, camera, *pens.values()):
        scene.collection.objects.link(thing)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.cycles.use_adaptive_sampling = False
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.image_settings.file_format = "PNG"
    scene.render.use_freestyle = True
    scene.render.film_transparent = True
    layer = bpy.context.view_layer
    layer.use_freestyle = True
    lines = layer.freestyle_settings
    drawn = lines.linesets[0] if lines.linesets else lines.linesets.new("lines")
    drawn.linestyle = bpy.data.linestyles.new("ink")
    white = bpy.data.materials.new("white")
    white.use_nodes = True
    nodes = white.node_tree.nodes
    nodes.clear()
    glow, out = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    white.node_tree.links.new(glow.outputs[0], out.inputs[0])
    mesh.materials.append(white)
    return scene, head, pens


def _pen(head: bpy.types.Object) -> bpy.types.Object:
    """Make a Grease Pencil object, not shown, that draws the head as Blender sets Line Art up."""
    pencils = getattr(bpy.data, "grease_pencils_v3", bpy.data.grease_pencils)
    drawing = pencils.new("lines")
    ink = bpy.data.materials.new("ink")
    bpy.data.materials.create_gpencil_data(ink)
    drawing.materials.append(ink)
    layer = drawing.layers.new("lines")
    layer.frames.new(1)
    pen = bpy.data.objects.new("lines", drawing)
    art = pen.modifiers.new("lines", "LINEART")
    art.source_type, art.source_object = "OBJECT", head
    art.target_layer, art.target_material = "lines", ink
    pen.hide_viewport = pen.hide_render = True  # Freestyle must not pay for it
    return pen


def _draw_contours_alone(pen: bpy.types.Object) -> None:
    """Leave Line Art nothing else to look for."""
    art = pen.modifiers[0]
    art.use_crease = art.use_intersection = art.use_material = art.use_loose = False
    art.use_edge_mark = False


def _drawn_by(pen: bpy.types.Object, head: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Let one pencil draw the head as it is now; return what `_stroke_points` does."""
    pen.hide_viewport = False
    head.data.update()
    bpy.context.view_layer.update()
    drawn = _stroke_points(pen)
    pen.hide_viewport = True
    return drawn


def _look(scene: bpy.types.Scene, scale_px: float, inverse_distance: float) -> None:
    """Put the camera where the drawing's stood."""
    camera, size = scene.camera, scene.render.resolution_x
    distance = 1.0 / inverse_distance if inverse_distance > 0.0 else _FAR_M
    camera.location = (0.0, -distance, 0.0)
    if inverse_distance > 0.0:
        camera.data.type = "PERSP"
        camera.data.lens = scale_px * distance * _SENSOR_MM / size
    else:
        camera.data.type = "ORTHO"
        camera.data.ortho_scale = size / scale_px


def _stroke_points(pen: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Return the points (N, 3) of the evaluated strokes, core space, and each one's stroke (N,)."""
    shown = pen.evaluated_get(bpy.context.evaluated_depsgraph_get())
    frame = shown.data.layers[0].current_frame()
    positions = None if frame is None else frame.drawing.attributes.get("position")
    if positions is None:
        return np.empty((0, 3)), np.empty(0, dtype=int)
    flat = np.empty(len(positions.data) * 3, dtype=np.float32)
    positions.data.foreach_get("vector", flat)
    ends = np.empty(len(frame.drawing.curve_offsets), dtype=np.int32)
    frame.drawing.curve_offsets.foreach_get("value", ends)
    points, counts = flat.reshape(-1, 3), np.diff(ends)
    core = np.column_stack([points[:, 0], points[:, 2], -points[:, 1]])
    return core, np.repeat(np.arange(len(counts)), counts)


def _projected(points: np.ndarray, given: np.lib.npyio.NpzFile, number: int) -> np.ndarray:
    """Return (N, 2) pixels, as `rig.camera` projects."""
    scale, middle = float(given["scale_px"][number]), float(given["size"]) / 2.0
    scale = scale / (1.0 - points[:, 2] * float(given["inverse_distance"][number]))
    return np.column_stack([middle + scale * points[:, 0], middle - scale * points[:, 1]])


def _grey(path: str) -> np.ndarray:
    """Read a rendered picture as (H, W) uint8, on white paper."""
    image = bpy.data.images.load(path)
    image.colorspace_settings.name = "Non-Color"
    flat = np.empty(len(image.pixels), dtype=np.float32)
    image.pixels.foreach_get(flat)
    width, height = image.size
    bpy.data.images.remove(image)
    pixels = flat.reshape(height, width, 4)[::-1]
    grey = pixels[..., :3].mean(axis=2) * pixels[..., 3] + 1.0 - pixels[..., 3]
    return (np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)


if __name__ == "__main__":
    run(*(Path(word).resolve() for word in sys.argv[sys.argv.index("--") + 1 :]))
