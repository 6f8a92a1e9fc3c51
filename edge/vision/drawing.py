"""Draws on a picture what the system saw in it: zones, boxes, foot points."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from contract.tracks import Track
from edge.vision.people import Picture

Colour = tuple[int, int, int]
ZONE: Colour = (38, 165, 255)
PERSON: Colour = (90, 220, 90)
ALARM: Colour = (60, 60, 255)
INK: Colour = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
CONFIDENT = 0.2


def zone(picture: Picture, name: str, corners: Sequence[tuple[float, float]]) -> None:
    """Draw a zone as a tinted polygon with its name."""
    points = np.rint(np.array(corners)).astype(np.int32)
    tinted = picture.copy()
    cv2.fillPoly(tinted, [points], ZONE)
    cv2.addWeighted(tinted, 0.25, picture, 0.75, 0, dst=picture)
    cv2.polylines(picture, [points], True, ZONE, _thick(picture))
    x, y = (int(value) for value in points.mean(axis=0))
    label(picture, name, (x - 4 * len(name), y), ZONE)


def person(picture: Picture, track: Track, caption: str, *, alarm: bool = False) -> None:
    """Draw somebody's box, joints, foot point and caption."""
    colour = ALARM if alarm else PERSON
    left, top, width, height = (round(side) for side in track.box_px)
    cv2.rectangle(picture, (left, top), (left + width, top + height), colour, _thick(picture))
    for x, y, score in track.keypoints:
        if score >= CONFIDENT:
            cv2.circle(picture, (round(x), round(y)), _thick(picture), colour, -1)
    foot = round(track.foot_px[0]), round(track.foot_px[1])
    cv2.drawMarker(picture, foot, colour, cv2.MARKER_CROSS, 8 * _thick(picture), _thick(picture))
    label(picture, caption, (left, top - 4), colour)


def label(picture: Picture, text: str, at: tuple[int, int], colour: Colour = INK) -> None:
    """Write a line of text on a dark ground, moved so that it stays in the picture."""
    size = max(0.4, picture.shape[1] / 1800)
    text = text.encode("ascii", "replace").decode()
    (width, height), below = cv2.getTextSize(text, _FONT, size, 1)
    x = int(np.clip(at[0], 0, max(0, picture.shape[1] - width)))
    y = int(np.clip(at[1], height + 2, max(height + 2, picture.shape[0] - below)))
    cv2.rectangle(picture, (x, y - height - 2), (x + width, y + below), (0, 0, 0), -1)
    cv2.putText(picture, text, (x, y), _FONT, size, colour, 1, cv2.LINE_AA)


def _thick(picture: Picture) -> int:
    width: int = picture.shape[1]
    return max(1, round(width / 640))
