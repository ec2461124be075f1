// What the filter field means: words that all stand in an entry, an OTP id, or the beginning or a part of a telephone
// number, however that is written.

const ZEROS = [..."๐໐០၀٠۰"].map((zero) => zero.codePointAt(0));

/** Thai, Lao, Khmer, Myanmar, Arabic, Persian and full-width digits as ASCII, without invisible marks, in lower case. */
export function fold(text) {
  const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, "").toLowerCase();
  return plain.replace(/\p{Nd}/gu, (digit) => {
    const values = ZEROS.map((zero) => digit.codePointAt(0) - zero);
    return values.find((value) => value >= 0 && value <= 9) ?? digit;
  });
}

/** Digits as they begin with a country code; a number as it is dialled in Thailand is one of Thailand. */
const international = (digits) => digits.replace(/^00[14-9]?(?=66)|^00/, "").replace(/^0/, "66").replace(/^660/, "66");

function isPartOf(word, mobile) {
  if (!/^(?:tel:)?\+?[\d()./\p{Pd}]*$/u.test(word)) return false;
  const digits = word.replace("(0)", "").replace(/\D/g, "");
  const number = mobile.replace(/\D/g, "");
  const fromTheStart = word.includes("+") || /^0|^66/.test(digits);
  return international(number).startsWith(international(digits)) || (!fromTheStart && number.includes(digits));
}

/** A few letters stand in many ids by chance. */
const isId = (word, id) => word.length >= 6 && id.toLowerCase().startsWith(word);

/** Tells whether a message or request matches, of which `text` are the folded words; `null` where the field is empty. */
export function matcher(query) {
  const folded = fold(query).trim();
  if (!folded) return null;
  const words = wordsOf(folded);
  return (text, { mobile, otp_id: id }) =>
    words.every((word) => text.includes(word) || isPartOf(word, mobile ?? "") || isId(word, id ?? ""));
}

/** What begins as a number does goes on to its last digit: "+66 81 234" is one, "confirmed 081 234" a word and one. */
function wordsOf(folded) {
  const number = /(?<!\S)(?:tel:)?(?:\+|\(?0|66)[\d()./\s\p{Pd}]*(?!\S)/gu;
  return folded.replace(number, (found) => found.replace(/\s/g, "")).split(/\s+/);
}
