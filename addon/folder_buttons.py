"""Folders of drawings: into an animation, one key pose each, or into assets of this file."""

# SPDX-License-Identifier: GPL-3.0-or-later
# No `from __future__ import annotations` here: Blender takes properties from real annotations.

from pathlib import Path
from typing import ClassVar

import bpy

from .bridge import keeping, stage, wearing
from .computing import picture_at_rest
from .conventions import drive
from .expression import Expression
from .folder import FolderReader, drawings_in, key_frames
from .guard import guarded
from .keep import expression_keys
from .own_mesh import links_of
from .preferences import model_folder, preferences, rig_source
from .translation import iface, tip
from .waiting import Waits, can_wait
from .wear import end_solo, meant_head, put_on

__all__ = ["CLASSES"]

PREVIEW_PX = 256


class ReadsFolder(Waits):
    """What the buttons share that read a folder of drawings.

    Pressed, they ask for the folder and read it behind the scenes, with progress in the status
    bar; Esc ends it and nothing has changed. Called by a script, they wait.
    """

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Folder with drawings of faces", subtype="DIR_PATH"
    )
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Ask for a head that wears what is read."""
        if not cls.is_free():
            return False
        cls.poll_message_set(tip("Fit a head first, or choose your own mesh"))
        return context.scene is not None and meant_head(context) is not None

    def invoke(self, context: bpy.types.Context, event: object) -> set[str]:
        """Ask for a folder, unless one is given."""
        if self.directory:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start to read; wait for the end where nobody looks."""
        self.jobs = drawings_in(Path(bpy.path.abspath(self.directory)))
        self.prepare(context)
        rig = rig_source(context.scene.limner.rig)
        threads, model_dir = preferences().threads, model_folder()
        neutral = picture_at_rest(context)
        self.reader = FolderReader(self.jobs, rig, threads, None, model_dir, neutral)
        self.answers = []
        if not can_wait(context) or not self.options.is_invoke:
            self.answers = self.reader.wait()
            self.reader.close()
            return self.finish(context)
        return self.wait(context, len(self.jobs))

    def progress(self) -> tuple[int, str]:
        """Take the answers that have come."""
        self.answers += self.reader.new()
        read, all_of_them = len(self.answers), len(self.jobs)
        said = iface("limner reads drawing {read} of {all_of_them}; Esc ends it")
        return read, said.format(read=read, all_of_them=all_of_them)

    def has_ended(self) -> bool:
        """Tell whether all are read, and all answers taken."""
        return self.reader.is_done

    def give_up(self) -> None:
        """End reading."""
        self.reader.close()

    @guarded
    def finish(self, context: bpy.types.Context) -> set[str]:
        """Write what was read into the scene, in the order of the drawings."""
        place = {job.name: number for number, job in enumerate(self.jobs)}
        answers = sorted(self.answers, key=lambda answer: place[answer.job.name])
        for answer in answers:
            if answer.record is None:
                self.report({"WARNING"}, f"{answer.job.path.name}: {answer.reason}")
        read = [answer for answer in answers if answer.record is not None]
        if not read:
            self.report({"ERROR"}, "None of the drawings could be read")
            return {"CANCELLED"}
        if meant_head(context) is None:  # deleted meanwhile
            self.report({"ERROR"}, "The head is gone")
            return {"CANCELLED"}
        end_solo(context)
        said = self.work(context, [(place[a.job.name], a) for a in read])
        self.report({"INFO"}, f"{said} from {len(read)} of {len(self.jobs)} drawings")
        return {"FINISHED"}

    def prepare(self, context: bpy.types.Context) -> None:
        """Find what is wrong before anything is read."""


class LIMNER_OT_animate_folder(ReadsFolder, bpy.types.Operator):
    """Read a folder of drawings and key their expressions on the head, one after the other"""

    bl_idname = "limner.animate_folder"
    bl_label = "Animate Folder"

    timing: bpy.props.EnumProperty(
        name="Timing",
        description="At which frame a drawing's key pose comes",
        items=(
            ("STEP", "Evenly", "From the current frame on, so many frames apart", 0),
            ("NUMBER", "By Number", "The last number in a file's name is its frame", 1),
        ),
    )
    step: bpy.props.IntProperty(
        name="Frames Apart", description="Frames from one key pose to the next", default=12, min=1
    )
    with_turn: bpy.props.BoolProperty(
        name="Head Turn",
        description="Key how the head is turned as well (heads made by limner only)",
        default=True,
    )

    def prepare(self, context: bpy.types.Context) -> None:
        """Tell the frames."""
        step = self.step if self.timing == "STEP" else None
        self.frames = key_frames(self.jobs, context.scene.frame_current, step)

    def work(self, context: bpy.types.Context, answers: list) -> str:
        """Wear and key each."""
        scene, head = context.scene, meant_head(context)
        is_ours, said = stage.is_head(head), {}
        for place, answer in answers:
            said |= dict.fromkeys(put_on(context, Expression.from_record(answer.record)))
            things, names = expression_keys(context)
            keyed = [name for name in names if name != stage.SKETCH_FIT]
            keeping.keyframe(things, keyed, self.frames[place])
            if is_ours and self.with_turn:
                stage.turn_head(head, answer.record["pose"]["rotation_vector_rad"])
                head.keyframe_insert("rotation_euler", frame=self.frames[place])
        for each in said:
            self.report({"WARNING"}, each)
        last = max(self.frames[place] for place, _ in answers)
        scene.frame_end = max(scene.frame_end, last)
        scene.frame_set(scene.frame_current)
        return f"{len(answers)} key poses up to frame {last}"


class LIMNER_OT_library_from_folder(ReadsFolder, bpy.types.Operator):
    """Read a folder of drawings and keep each expression as an asset of this file"""

    bl_idname = "limner.library_from_folder"
    bl_label = "Assets from Folder"

    def work(self, context: bpy.types.Context, answers: list) -> str:
        """Make an action of each, with the drawing as its preview."""
        head = meant_head(context)
        for _, answer in answers:
            expression = Expression.from_record(answer.record)
            if wearing.is_own_mesh(head):
                weights = drive(expression, links_of(head))
            else:
                weights = expression.arkit()
            keeping.add_action(
                answer.job.name, weights, expression.to_json(), preview_of(answer.job.path)
            )
        return f"{len(answers)} assets"


def preview_of(path: Path):
    """Return a drawing as a small square picture, (N, N, 4) float32, or None."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            small = ImageOps.pad(
                ImageOps.exif_transpose(image).convert("RGB"), (PREVIEW_PX, PREVIEW_PX),
                color=(255, 255, 255),
            )  # fmt: skip
            return np.asarray(small.convert("RGBA"), dtype=np.float32) / 255.0
    except (OSError, ValueError):
        return None


CLASSES = (LIMNER_OT_animate_folder, LIMNER_OT_library_from_folder)
