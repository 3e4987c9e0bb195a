"""What TensorBoard's own reader and Python's json find in a folder with a log: one line for each thing.

    python3 event_files.py FOLDER
"""

import io
import json
import sys
from pathlib import Path

from PIL import Image  # TensorBoard brings it along
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = Path(sys.argv[1])
# 0: keep all of them.
log = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
log.Reload()
tags = log.Tags()
print("tags", sorted(tags["scalars"]), sorted(tags["histograms"]), sorted(tags["images"]))
for name in sorted(tags["scalars"]):
    for event in log.Scalars(name):
        print("scalar", name, event.step, event.value, event.wall_time > 1e9)
for name in sorted(tags["histograms"]):
    for event in log.Histograms(name):
        of = event.histogram_value
        print("histogram", name, event.step, of.min, of.max, of.num, of.sum, of.sum_squares, len(of.bucket), sum(of.bucket))
for name in sorted(tags["images"]):
    for event in log.Images(name):
        # Whether all checksums are right is Pillow's to say.
        picture = Image.open(io.BytesIO(event.encoded_image_string))
        pixels = list(picture.tobytes())
        shown = pixels if len(pixels) < 20 else [min(pixels), max(pixels), len(pixels)]
        print("image", name, event.step, event.height, event.width, picture.format, picture.mode, *picture.size, shown)
for line in (folder / "log.jsonl").read_text().splitlines():
    fields = json.loads(line)
    fields.pop("time")
    print("line", sorted(fields.items(), key=lambda field: field[0]))
