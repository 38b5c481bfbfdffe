// Checks an answer before it is sent, from the same trees as the server. It only adds: the server
// reads and judges every answer again, and without this file the form works all the same.
// A value is a number, a text, true or false, or a list of codes; null where it is unknown.
// Source: survey_service/surveys/formulas.py and conditions.py; a property test holds them equal.

const SPACE = /[ \t\r\n]+/;
const NUMBER = /^[ \t\r\n]*-?[0-9]{1,300}(\.[0-9]{0,300})?[ \t\r\n]*$/;
const DAY = /^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$/;
const MOST_ENTRIES = 20;
const WAIT = 300;

export function asNumber(value) {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  if (NUMBER.test(value)) return parseFloat(value.trim());
  return DAY.test(value) ? days(value) : null;
}

function days(text) {
  const [year, month, day] = text.split("-").map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  const real = at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return real ? at.getTime() / 86400000 : null;
}

export function asText(value) {
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : written(value);
}

// As Python writes a float: whole ones with ".0", an exponent only where it is far from 1.
function written(value) {
  const [mantissa, power] = value.toExponential().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "");
  const at = Number(power);
  if (at < -4 || at >= 16) {
    const rest = digits.length > 1 ? "." + digits.slice(1) : "";
    const size = String(Math.abs(at)).padStart(2, "0");
    return sign + digits[0] + rest + "e" + (at < 0 ? "-" : "+") + size;
  }
  if (at < 0) return sign + "0." + "0".repeat(-at - 1) + digits;
  return sign + digits.slice(0, at + 1).padEnd(at + 1, "0") + "." + (digits.slice(at + 1) || "0");
}

export function asTruth(value) {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

const words = (text) => text.split(SPACE).filter((word) => word !== "");
const codes = (value) => (Array.isArray(value) ? value : words(asText(value)));
const known = (work) => (...terms) => (terms.includes(null) ? null : work(...terms));
const ofNumber = (work) => (value) => {
  const number = asNumber(value);
  return number === null ? null : work(number);
};
const extreme = (pick) => (...terms) => {
  const numbers = terms.flat().map(asNumber);
  return numbers.length && !numbers.includes(null) ? pick(...numbers) : null;
};

function round(value, digits = 0) {
  const number = asNumber(value);
  const places = asNumber(digits);
  if (number === null || places === null || places < -15 || places > 15) return null;
  const exact = Math.trunc(places);
  const scale = Number("1e" + Math.abs(exact));
  const scaled = exact >= 0 ? number * scale : number / scale;
  if (!Number.isFinite(scaled)) return number;
  const whole = Math.floor(scaled) + (scaled - Math.floor(scaled) >= 0.5 ? 1 : 0);
  return exact >= 0 ? whole / scale : whole * scale;
}

function substring(text, start, end = null) {
  const first = asNumber(start);
  const last = end === null ? null : asNumber(end);
  if (text === null || first === null) return null;
  const signs = [...asText(text)];
  const stop = last === null ? signs.length : Math.max(0, Math.trunc(last));
  return signs.slice(Math.max(0, Math.trunc(first)), stop).join("");
}

function sum(term) {
  const numbers = [term].flat().map(asNumber);
  if (numbers.includes(null)) return null;
  const found = numbers.reduce((total, number) => total + number, 0);
  return Number.isFinite(found) ? found : null;
}

const FUNCTIONS = {
  true: () => true,
  false: () => false,
  not: (value) => (asTruth(value) === null ? null : !asTruth(value)),
  boolean: asTruth,
  coalesce: (...terms) => terms.find((term) => term !== null && term !== "") ?? null,
  selected: known((value, code) => codes(value).includes(asText(code))),
  "count-selected": known((value) => codes(value).length),
  "selected-at": known((value, place) => {
    const number = asNumber(place);
    return number === null ? null : asText(codes(value)[Math.trunc(number)] ?? "");
  }),
  // Inside of a repeat the number of the entry stands in this place.
  position: () => null,
  "boolean-from-string": known((text) => ["1", "true"].includes(asText(text).toLowerCase())),
  number: asNumber,
  int: ofNumber(Math.trunc),
  floor: ofNumber(Math.floor),
  ceiling: ofNumber(Math.ceil),
  round,
  abs: ofNumber(Math.abs),
  min: extreme(Math.min),
  max: extreme(Math.max),
  sum,
  count: known((values) => values.length),
  date: (value) => (typeof value === "string" && DAY.test(value) && days(value) !== null ? value : null),
  string: known(asText),
  "string-length": known((text) => [...asText(text)].length),
  concat: known((...terms) => terms.map(asText).join("")),
  contains: known((text, part) => asText(text).includes(asText(part))),
  "starts-with": known((text, start) => asText(text).startsWith(asText(start))),
  "ends-with": known((text, end) => asText(text).endsWith(asText(end))),
  substr: substring,
  "normalize-space": known((text) => words(asText(text)).join(" ")),
  // The server sends patterns that mean the same here, whole answers only.
  regex: known((text, pattern) => new RegExp(`^(?:${pattern})$`, "u").test(asText(text))),
};

const ARITHMETIC = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  div: (a, b) => (b ? a / b : NaN),
  mod: (a, b) => (b ? a % b : NaN),
};
const ORDER = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function earlier(item, answers) {
  const answer = answers[item.question];
  if (!answer || answer.state !== "answered") return null;
  if (!item.part) return answer.value;
  return answer.value?.[item.part] ?? null;
}

function entries(item, answers) {
  const names = Array.from({ length: MOST_ENTRIES }, (_, at) => `${item.question}.${at + 1}`);
  return names.filter((name) => name in answers).map((name) => answers[name]);
}

const blank = (tree) => tree.node === "words" && tree.value === "";

function emptiness(wanted, tree, answers, own) {
  const value = evaluate(tree, answers, own);
  if (value !== null) return (asText(value) === "") === wanted;
  const answer = tree.node === "earlier" ? answers[tree.item.question] : undefined;
  return answer?.state === "missing" ? wanted : null;
}

function same(left, right) {
  if (typeof left === "boolean" || typeof right === "boolean") return asTruth(left) === asTruth(right);
  if (typeof left === "number" || typeof right === "number") return asNumber(left) === asNumber(right);
  return asText(left) === asText(right);
}

function operation({ operator, left, right }, answers, own) {
  if (operator === "and" || operator === "or") {
    return joined(operator === "or", [left, right], answers, own);
  }
  if (operator === "=" || operator === "!=") {
    const wanted = operator === "=";
    if (blank(left)) return emptiness(wanted, right, answers, own);
    if (blank(right)) return emptiness(wanted, left, answers, own);
    const [first, second] = [evaluate(left, answers, own), evaluate(right, answers, own)];
    return first === null || second === null ? null : same(first, second) === wanted;
  }
  const first = asNumber(evaluate(left, answers, own));
  const second = asNumber(evaluate(right, answers, own));
  if (first === null || second === null) return null;
  if (operator in ORDER) return ORDER[operator](first, second);
  const found = ARITHMETIC[operator](first, second);
  return Number.isFinite(found) ? found : null;
}

function joined(deciding, terms, answers, own) {
  let open = false;
  for (const term of terms) {
    const truth = asTruth(evaluate(term, answers, own));
    if (truth === deciding) return deciding;
    open ||= truth === null;
  }
  return open ? null : !deciding;
}

function call({ function: name, terms }, answers, own) {
  if (name === "if") {
    const truth = asTruth(evaluate(terms[0], answers, own));
    return truth === null ? null : evaluate(terms[truth ? 1 : 2], answers, own);
  }
  if (name === "count" && terms[0].node === "each") return entries(terms[0].item, answers).length;
  return FUNCTIONS[name](...terms.map((term) => evaluate(term, answers, own)));
}

function compared({ item, operator, value }, answers) {
  const found = earlier(item, answers);
  if (found === null) return null;
  const equals = operator === "==" || operator === "!=";
  return equals ? ORDER[operator](String(found), String(value)) : ORDER[operator](Number(found), value);
}

// What a tree says of these answers, and of the answer (or choice) that is being looked at.
export function evaluate(tree, answers, own = null) {
  switch (tree.node) {
    case "number":
    case "words":
      return tree.value;
    case "earlier":
      return earlier(tree.item, answers);
    case "each": {
      const said = entries(tree.item, answers);
      return said.some((answer) => answer.state !== "answered") ? null : said.map((a) => a.value);
    }
    case "itself":
      return own;
    case "column":
      return own[tree.name] ?? "";
    case "operation":
      return operation(tree, answers, own);
    case "call":
      return call(tree, answers, own);
    case "holds":
      return asTruth(evaluate(tree.formula, answers, own));
    case "comparison":
      return compared(tree, answers);
    case "one_of": {
      const found = earlier(tree.item, answers);
      return found === null ? null : tree.values.map(String).includes(String(found));
    }
    case "includes": {
      const found = earlier(tree.item, answers);
      return found === null ? null : found.includes(tree.code);
    }
    case "has_any":
      return asTruth(earlier(tree.item, answers));
    case "not": {
      const truth = evaluate(tree.term, answers, own);
      return truth === null ? null : !truth;
    }
    case "all":
      return joined(false, tree.terms, answers, own);
    case "any":
      return joined(true, tree.terms, answers, own);
  }
  return null;
}

// What stands in the fields, as the server would read it; null where it could not, or is empty.
const READ = {
  integer: (text) => (/^-?[0-9]{1,9}$/.test(text) ? Number(text) : null),
  decimal: (text) => {
    const found = /^(-?)0*([0-9]{1,9})(?:[.,]([0-9]{1,15}))?$/.exec(text.replace("\u2212", "-"));
    if (!found) return null;
    const rest = (found[3] ?? "").replace(/0+$/, "");
    const clean = rest ? `${found[2]}.${rest}` : found[2];
    return Number(clean) === 0 ? "0" : found[1] + clean;
  },
  text: (text) => text.split(/\s+/).filter(Boolean).join(" ").normalize("NFC") || null,
};

function read(form, kind) {
  const at = (name) => (form.elements[name]?.value ?? "").trim();
  if (kind === "date") {
    const [year, month, day] = [at("year"), at("month").padStart(2, "0"), at("day").padStart(2, "0")];
    const text = `${year}-${month}-${day}`;
    return DAY.test(text) && days(text) !== null ? text : null;
  }
  if (kind in READ) return READ[kind](at("value"));
  const chosen = [...form.querySelectorAll('[name="value"]:checked, [name="value"] option:checked')]
    .map((input) => input.value)
    .filter((value) => value !== "" && !value.startsWith("state:"));
  if (kind === "multi") return chosen.length ? chosen : null;
  return chosen[0] ?? null;
}

function watch(form) {
  const page = JSON.parse(form.dataset.checks);
  const answers = JSON.parse(form.dataset.earlier || "{}");
  const numbers = () => {
    const said = {};
    for (const name of page.parts ?? []) {
      const number = READ.integer(form.elements[name].value.trim());
      if (number !== null) said[name] = number;
    }
    return said;
  };
  const ownOf = (field) => (page.parts ? (numbers()[field] ?? null) : read(form, page.kind));

  const open = () => {
    if (page.parts) answers[page.question] = { state: "answered", value: numbers() };
    for (const { field, relevant } of page.fields ?? []) {
      form.elements[field].disabled = evaluate(relevant, answers) === false;
    }
  };
  const broken = () =>
    page.checks.find(({ field, test }) => {
      const own = ownOf(field);
      if (own === null || form.elements[field]?.disabled) return false;
      return evaluate(test, answers, own) === false;
    });
  const say = (problem) => {
    form.querySelector("#said-at-once")?.remove();
    for (const marked of form.querySelectorAll("[data-at-once]")) {
      marked.removeAttribute("data-at-once");
      marked.removeAttribute("aria-invalid");
    }
    if (!problem) return;
    const field = form.querySelector(`#${CSS.escape(problem.field)}`);
    const line = document.createElement("p");
    line.id = "said-at-once";
    line.className = "field-error";
    line.setAttribute("role", "alert");
    // What an earlier answer leaves possible is a number that only this person's page knows.
    const most = problem.most ? asText(evaluate(problem.most, answers)) : "";
    line.textContent = problem.message.replace("{most}", most);
    (field.closest(".choices, .date") ?? field).before(line);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("data-at-once", "");
  };

  form.addEventListener("input", open);
  // A little later: a line that came at once would move the button away from under the finger.
  // Whoever sends the page is not held up; the server has the last word.
  form.addEventListener("change", () => setTimeout(() => say(broken()), WAIT));
  open();
}

if (typeof document !== "undefined") {
  for (const form of document.querySelectorAll("form[data-checks]")) watch(form);
}
