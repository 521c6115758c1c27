"""Heads: their shapes and curves, cameras, visible lines, fitting, deformation and export."""

# SPDX-License-Identifier: GPL-3.0-or-later

from .face_rig import FaceRig, RigState
from .store import load_rig, rig_folder, rig_names, save_rig

__all__ = ["FaceRig", "RigState", "load_rig", "rig_folder", "rig_names", "save_rig"]
