"""What every page must be: whole, without scripts, asking for nothing from outside."""

# SPDX-License-Identifier: GPL-3.0-or-later

from html.parser import HTMLParser

VOID = {"meta", "img", "br"}


class Balanced(HTMLParser):
    """Fails where a tag is closed that was not opened last."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.anchors, self.pictures = [], set(), set(), 0

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        assert tag != "script"
        assert not any(name.startswith("on") for name in named)
        for name in ("src", "href"):
            assert str(named.get(name, "#")).startswith(("#", "data:image/"))
        if "href" in named:
            self.links.add(named["href"][1:])
        if "id" in named:
            self.anchors.add(named["id"])
        self.pictures += tag == "img"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
