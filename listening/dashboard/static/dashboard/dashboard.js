/** The start: lighting, turning of pages, and the map over the drawing. Everything works without, too. */

import { beginCopying } from "./copying.js";
import { beginSaving } from "./export.js";
import { beginLighting } from "./highlight.js";
import { beginMaps } from "./map.js";
import { beginTurning } from "./turning.js";
import { beginWalking } from "./walking.js";

beginLighting();
beginTurning();
beginSaving();
beginCopying();
beginWalking();
beginMaps(document.querySelector("script[data-library]")?.dataset);
