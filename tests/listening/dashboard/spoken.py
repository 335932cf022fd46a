"""The file of a view, read back into the words of its table."""

import csv
import io

from listening.drawing import wording
from listening.statistics.breaks import BREAKS


def lines_of(answer):
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def share(text):
    return wording.percent(float(text), BREAKS) if text else ""


def points(text):
    return wording.signed(round(float(text) * 100)) if text else ""


def number(text):
    return wording.number(int(text)) if text else ""


def both(one, words, other):
    return f"{one} {words} {other}" if one and other else ""


FINDINGS = {
    "high": "high, and so are its neighbours",
    "low": "low, and so are its neighbours",
    "high-among-low": "high among low neighbours",
    "low-among-high": "low among high neighbours",
    "chance": "not different from chance",
    "not-tested": "not tested, for want of listening or of neighbours",
}


def said(view, line):
    """The cells of a row of the table, as they follow from the line of the file alone."""
    match view:
        case "coverage":
            rate = line["people_per_1000"] and wording.decimal(float(line["people_per_1000"]))
            return [rate, *(number(line[name]) for name in list(line)[3:])]
        case "change":
            beside = []
            if "difference_low" in line:
                beside = [
                    both(points(line["difference_low"]), "to", points(line["difference_high"])),
                    both(number(line["mentioning_then"]), "of", number(line["conversations_then"])),
                ]
            now = both(number(line["mentioning"]), "of", number(line["conversations"]))
            return [points(line["difference"]), *beside, now, line["label"]]
        case "trend":
            return [share(text) or "\u2013" for text in list(line.values())[2:]]
        case "compare":
            then, now = (line["share_then"], line["conversations_then"]), (line["share"], line["conversations"])
            return [text for one in (then, now) for text in (share(one[0]), number(one[1]))]
        case "clusters":
            z, p = (line[name] and wording.decimal(float(line[name]), at) for name, at in (("gi_z", 2), ("gi_p", 3)))
            return [FINDINGS[line["finding"]], share(line["share"]), z, p]
        case "hexagons":
            return [share(line["share"]), number(line["mentioning"]), number(line["conversations"])]


def told(page):
    """Name and cells of each row of the table."""
    heads = [(row.one("th"), row) for row in page.root.one("table", id="table").one("tbody").all("tr")]
    return [(th.text.removesuffix("›").strip(), [td.text for td in row.all("td")]) for th, row in heads]
