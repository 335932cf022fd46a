/**
 * The code of a paper card, as somebody types it: 26 characters of Crockford's base 32 and two that check them. A slip is
 * told while the card is still in one's hand. `listening/consent/codes.py` is the same for the service.
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 28;

/** @param {string} typed @returns {Promise<string | null>} in groups of four; null when it is no code */
export async function codeOf(typed) {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  if (plain.length !== LENGTH || [...plain].some((letter) => !ALPHABET.includes(letter))) return null;
  const bits = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(plain.slice(0, -2))));
  const check = ((bits[0] << 8) | bits[1]) & 1023;
  if (plain.slice(-2) !== ALPHABET[check >> 5] + ALPHABET[check & 31]) return null;
  return /** @type {string[]} */ (plain.match(/.{4}/g)).join("-");
}
