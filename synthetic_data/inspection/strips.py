"""Clips: whether all frames are there, one face in one hand, and some of them as strips."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .checks import Findings
from .reading import StoredSample
from .sheets import Picture, small_picture, spoken
from .tally import TRACE

__all__ = ["Strip", "Strips"]

STRIPS, MOST_FRAMES = 12, 12
_SAME = ("style", "rig", "identity_id")


@dataclass(slots=True)
class Strip:
    """One clip: what its first frame says, number of the next frame, and some pictures."""

    about: dict[str, Any]
    seen: int = 0
    pictures: list[Picture] = field(default_factory=list)


@dataclass(slots=True)
class Strips:
    """Follows the clips of a data set while it is read; frames of one clip lie side by side.

    Attributes
    ----------
    count : clips in all
    kept : the first clips, to be shown
    """

    count: int = 0
    kept: list[Strip] = field(default_factory=list)
    _now: Strip | None = None

    def add(
        self, sample: StoredSample, about: dict[str, Any], findings: Findings, *, show: bool
    ) -> None:
        """Take one sample, and its picture if it may be shown; what is no frame ends a clip."""
        clip, where = about.get("clip"), f"{sample.shard}, {sample.key}"
        if clip is None:
            self.end(findings)
            return
        if not _is_clip(clip):
            findings.add("clips", f"{where}: does not say which frame of which clip it is")
            return
        if self._now is None or self._now.about["clip"]["id"] != clip["id"]:
            self.end(findings)
            self._now = Strip(about)
            self.count += 1
            if self.count <= STRIPS:
                self.kept.append(self._now)
        strip = self._now
        if clip["frame"] != strip.seen:
            findings.add("clips", f"{where}: frame {clip['frame']}, expected {strip.seen}")
        for key in _SAME:
            if about.get(key) != strip.about.get(key):
                findings.add("clips", f"{where}: another {key} than the clip's first frame")
        strip.seen = clip["frame"] + 1
        every = -(-clip["frames"] // MOST_FRAMES)
        if self.count <= STRIPS and clip["frame"] % every == 0 and show:
            picture = small_picture(sample, about)
            caption = f"{clip['time_s']:.2f} s · {spoken(about, TRACE) or 'at rest'}"
            strip.pictures.append(Picture(picture.uri, caption, picture.title))

    def end(self, findings: Findings) -> None:
        """Note a clip that has ended too early."""
        strip, self._now = self._now, None
        if strip is not None and strip.seen != strip.about["clip"]["frames"]:
            clip = strip.about["clip"]
            findings.add("clips", f"clip {clip['id']}: {strip.seen} of {clip['frames']} frames")


def _is_clip(clip: Any) -> bool:
    """Say whether a sample tells which frame of which clip it is."""
    return (
        isinstance(clip, dict)
        and isinstance(clip.get("id"), str)
        and isinstance(clip.get("time_s"), int | float)
        and all(isinstance(clip.get(key), int) for key in ("frame", "frames"))
        and clip["frames"] > 0
    )
