"""Make an extension that brings a newer scipy than limner's, as somebody else's add-on may.

make_rival.py LIMNER.zip OUT.zip
"""

# SPDX-License-Identifier: GPL-3.0-or-later

import re
import sys
import zipfile
from io import BytesIO

MANIFEST = """schema_version = "1.0.0"
id = "rival"
version = "1.0.0"
name = "Rival"
tagline = "Brings a library that limner brings, too"
maintainer = "The limner maintainers"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]
wheels = ["./wheels/{wheel}"]
"""
CODE = """import scipy


def register():
    pass


def unregister():
    pass
"""


def relabelled(wheel, old, new):
    """Return a wheel's bytes with another version in all its names and in its metadata."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(wheel)) as given, zipfile.ZipFile(stream, "w") as made:
        for item in given.infolist():
            content = given.read(item)
            name = item.filename.replace(f"scipy-{old}.dist-info", f"scipy-{new}.dist-info")
            if name.endswith((".dist-info/METADATA", ".dist-info/RECORD", "scipy/version.py")):
                content = content.replace(old.encode(), new.encode())
            made.writestr(name, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def make(limner, out):
    """Write the extension."""
    with zipfile.ZipFile(limner) as archive:
        path = next(name for name in archive.namelist() if "/scipy-" in name)
        wheel = archive.read(path)
    name = path.rpartition("/")[2]
    old = re.match(r"scipy-([\d.]+)-", name).group(1)
    major, minor, _ = old.split(".")
    new = f"{major}.{int(minor) + 1}.0"
    name = name.replace(f"scipy-{old}-", f"scipy-{new}-")
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("blender_manifest.toml", MANIFEST.format(wheel=name))
        archive.writestr("__init__.py", CODE)
        archive.writestr(f"wheels/{name}", relabelled(wheel, old, new))
    print(new)


make(*sys.argv[1:])
