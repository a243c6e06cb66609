#!/usr/bin/env python3
"""An example task: halves pictures (PPM files, so that it needs no library), tells how far it is, and stops cleanly."""
import os

import leptir_task


def halve(source, target):
    with open(source, "rb") as file:
        kind, size, depth, pixels = file.read().split(b"\n", 3)
    width, height = map(int, size.split())
    rows = [pixels[y * width * 3 : (y + 1) * width * 3] for y in range(0, height, 2)]
    small = b"".join(row[x * 3 : x * 3 + 3] for row in rows for x in range(0, width, 2))
    unfinished = target + ".part"
    try:
        with open(unfinished, "wb") as file:
            file.write(b"%s\n%d %d\n%s\n" % (kind, (width + 1) // 2, len(rows), depth) + small)
        os.rename(unfinished, target)
    finally:  # also at the time limit and after a cancel: SIGTERM ends the program through here
        if os.path.exists(unfinished):
            os.remove(unfinished)


task = leptir_task.read()
folder = task.parameters["folder"]
if not os.path.isdir(folder):
    task.discard(f"there is no folder {folder}")
if os.path.exists(os.path.join(folder, "upload.lock")):
    task.retry_after(30, "the upload is not complete")

names = sorted(name for name in os.listdir(folder) if name.endswith(".ppm"))
task.state("halving")
for done, name in enumerate(names, start=1):
    halve(os.path.join(folder, name), os.path.join(folder, name[:-4] + ".small"))
    task.progress(done / len(names), name)
task.result({"pictures": len(names)})
print(f"{len(names)} pictures")
