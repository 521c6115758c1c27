"""MediaPipe's FaceMesh as a program of its own, because it asks for an older numpy than limner.

Reads pictures from standard input, each as its length (8 bytes, little end first) and its PNG, and
writes for each 478 × 2 float32 landmarks in pixels, NaN where it sees no face. It imports nothing
of limner: it runs in whatever Python has `mediapipe==0.10.21`.
"""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import struct
import sys

POINTS = 478
LEAST_CONFIDENCE = 0.1


def main() -> None:
    """Answer until the pictures end."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library has to say must not come between the answers
    import cv2
    import mediapipe
    import numpy as np

    mesh = mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True,
        max_num_faces=1,
        refine_landmarks=True,
        min_detection_confidence=LEAST_CONFIDENCE,
    )
    while head := sys.stdin.buffer.read(8):
        picture = sys.stdin.buffer.read(struct.unpack("<Q", head)[0])
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        found = mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        points = np.full((POINTS, 2), np.nan, np.float32)
        if found:
            size = image.shape[1], image.shape[0]
            points[:] = [(point.x * size[0], point.y * size[1]) for point in found[0].landmark]
        answers.write(points.tobytes())
        answers.flush()


if __name__ == "__main__":
    main()
