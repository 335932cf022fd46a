/**
 * One request and its answer. It knows nothing of ops, rows and phones.
 * @typedef {{status: number, ok: boolean, body: any, slug: string, headers: Headers, retryAfter: number | null}} Answer
 */

const TIMEOUT_MS = 20_000;
const WORTH_COMPRESSING = 500;

/** Nothing came back that the service has said: whether the request arrived is unknown. */
export class NoAnswer extends Error {
  /** @param {string} message @param {number | null} [retryAfter] seconds, when the service told them */
  constructor(message, retryAfter = null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** The service understood the request and does not take it; asking again would change nothing. */
export class Refused extends Error {
  /** @param {Answer} answer */
  constructor(answer) {
    super(answer.body?.title ?? `answered ${answer.status}`);
    this.answer = answer;
  }
}

/**
 * Ask. Throws NoAnswer for everything that is not the service's own word: also for the page of a hotel's network that
 * answers 200, for 5xx and for 429 (C7). No cookie goes along: a phone speaks for itself.
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, token?: string, headers?: Record<string, string>, compress?: boolean}} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(method, path, { body, token, headers = {}, compress = false } = {}) {
  /** @type {Record<string, string>} */
  const sent = { Accept: "application/json, application/geo+json, application/problem+json", ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  let content = body;
  if (body !== undefined && !(body instanceof Blob)) {
    content = JSON.stringify(body);
    sent["Content-Type"] = "application/json";
    if (compress && content.length >= WORTH_COMPRESSING && "CompressionStream" in globalThis) {
      content = await compressed(content);
      sent["Content-Encoding"] = "gzip";
    }
  }
  let response, told;
  try {
    response = await fetch(path, {
      method, headers: sent, body: content, credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    told = await response.text();
  } catch (error) {
    throw new NoAnswer(String(error));
  }
  const retryAfter = seconds(response.headers);
  if (response.status >= 500 || response.status === 429) throw new NoAnswer(`answered ${response.status}`, retryAfter);
  let read = null;
  if (told) {
    if (!/^application\/((problem|geo)\+)?json\b/.test(response.headers.get("Content-Type") ?? "")) throw new NoAnswer("not an answer of the service");
    try {
      read = JSON.parse(told);
    } catch {
      throw new NoAnswer("an answer that was cut off");
    }
  } else if (response.ok && ![201, 204].includes(response.status) && method !== "HEAD") throw new NoAnswer("an empty answer");
  const slug = String(read?.type ?? "").split("/").pop() ?? "";
  return { status: response.status, ok: response.ok, body: read, slug, headers: response.headers, retryAfter };
}

/** @param {string} text @returns {Promise<ArrayBuffer>} */
const compressed = (text) =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();

/** Seconds (RFC 9110, section 10.2.3). A date is compared with the service's own. @param {Headers} headers */
function seconds(headers) {
  const told = headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(told)) return Number(told);
  const wait = (Date.parse(told) - Date.parse(headers.get("Date") ?? "")) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}
