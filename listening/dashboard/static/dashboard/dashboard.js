/** The start: lighting, turning of pages, and the map over the drawing. Everything works without, too. */

import { beginSaving } from "./export.js";
import { beginLighting } from "./highlight.js";
import { beginMaps } from "./map.js";
import { beginTurning } from "./turning.js";

beginLighting();
beginTurning();
beginSaving();
beginMaps(document.querySelector("script[data-library]")?.dataset);
