/**
 * What the person sees: rows that were pulled, and over them own changes that are not in them yet (C5). Pure.
 * @param {{id: string, fields: any}[]} rows
 * @param {import("./queue.js").Op[]} ops in their order
 * @returns {Map<string, any>} conversations by id
 */
export function overlay(rows, ops) {
  const shown = new Map(rows.map((row) => [row.id, structuredClone(row.fields)]));
  for (const { body, state, isSeen } of ops) {
    // What was refused is shown too, as the person wrote it: it is theirs to put right.
    const isOwnNews = state === "queued" || (state === "acknowledged" && !isSeen) || (body.kind === "create" && state !== "acknowledged");
    if (!isOwnNews) continue;
    const conversation = shown.get(body.conversation ?? body.id);
    if (body.type === "conversation" && body.kind === "create") {
      if (!conversation) shown.set(body.id, { findings: [], ...structuredClone(body.fields), id: body.id });
    } else if (body.type === "conversation" && body.kind === "delete") shown.delete(body.id);
    else if (conversation && body.type === "conversation") put(conversation, body.set);
    else if (conversation) overlayFinding(conversation, body);
  }
  return shown;
}

/** @param {any} conversation @param {any} body */
function overlayFinding(conversation, body) {
  conversation.findings ??= [];
  if (body.kind === "create") {
    conversation.findings.push({ ...structuredClone(body.fields), id: body.id });
    return;
  }
  if (body.kind === "delete") {
    conversation.findings = conversation.findings.filter((/** @type {any} */ one) => one.id !== body.id);
    return;
  }
  const finding = conversation.findings.find((/** @type {any} */ one) => one.id === body.id);
  if (!finding) return;
  put(finding, body.set ?? {});
  const removed = body.remove?.themes ?? [];
  finding.themes = [...new Set([...(finding.themes ?? []), ...(body.add?.themes ?? [])])].filter((code) => !removed.includes(code));
}

/** Null takes a member back to its default (RFC 7396). @param {any} holder @param {any} members */
function put(holder, members) {
  for (const [name, value] of Object.entries(members)) {
    if (value === null) delete holder[name];
    else holder[name] = structuredClone(value);
  }
}
