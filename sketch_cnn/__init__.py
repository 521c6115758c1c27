"""Reading a drawn face: Action Units, landmarks, head pose and labelled ink."""

# SPDX-License-Identifier: GPL-3.0-or-later
