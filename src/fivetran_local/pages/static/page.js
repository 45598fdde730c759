// The pages work without this. With it, times are in the reader's zone, what changes is shown as it changes, and a
// form that is refused keeps what was typed, secrets included.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function ago(then) {
  const seconds = (then - Date.now()) / 1000;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return Math.abs(seconds) < 5 ? "just now" : relative.format(Math.round(seconds / size), unit);
}

function localise(root) {
  for (const time of root.querySelectorAll("time[data-form]")) {
    const then = new Date(time.dateTime);
    const full = absolute.format(then);
    const text = time.dataset.form === "ago" ? ago(then) : full;
    if (time.textContent !== text) time.textContent = text;
    if (time.dataset.form === "ago") time.title = full;
  }
}

// --- what the server pushes ---

function swap(id, html) {
  const region = document.getElementById(id);
  if (!region) return;
  const fresh = region.cloneNode(false);
  fresh.innerHTML = html;
  localise(fresh);
  if (fresh.innerHTML.trim() === region.innerHTML.trim()) return;
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = new Map();
  for (const box of region.querySelectorAll("[data-keep-scroll]")) {
    scrolled.set(box.dataset.keepScroll, [box.scrollTop, box.scrollLeft]);
  }
  const kept = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.dataset.keepScroll && `[data-keep-scroll="${focused.dataset.keepScroll}"]`);
  const open = [...region.querySelectorAll("details[open][id]")].map((details) => details.id);
  region.replaceChildren(...fresh.childNodes);
  for (const details of region.querySelectorAll("details[id]")) details.open ||= open.includes(details.id);
  for (const box of region.querySelectorAll("[data-keep-scroll]")) {
    const [top, left] = scrolled.get(box.dataset.keepScroll) ?? [0, 0];
    box.scrollTo(left, top);
  }
  if (focused) {
    const again = (kept && region.querySelector(kept)) || region.querySelector("button:not([disabled]), a");
    if (again) again.focus({ preventScroll: true });
    else document.getElementById("main").focus({ preventScroll: true });
  }
}

const stream = document.body.dataset.stream;
const offline = document.getElementById("offline");
let source = null;
let again = 0;

function listen() {
  clearTimeout(again);
  source?.close();
  source = new EventSource(stream);
  source.addEventListener("open", () => { offline.hidden = true; });
  source.addEventListener("region", (event) => {
    const { id, html } = JSON.parse(event.data);
    swap(id, html);
  });
  source.addEventListener("gone", () => { source.close(); location.assign("/?said=deleted"); });
  source.addEventListener("error", () => {
    offline.hidden = false;
    if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, 3000);
  });
}

function hush() {
  clearTimeout(again);
  source?.close();
  source = null;
}

if (stream) {
  listen();
  // A browser keeps few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && listen());
}

// --- forms ---

function busy(form, button, is) {
  for (const other of form.querySelectorAll("button:not([type=button])")) other.disabled = is;
  if (!button?.dataset.busy) return;
  button.dataset.word ??= button.textContent;
  button.textContent = is ? button.dataset.busy : button.dataset.word;
}

function showErrors(form, page) {
  const problem = page.querySelector("[data-problem]");
  form.querySelector("[data-problem]")?.replaceChildren(...(problem?.childNodes ?? []));
  let first = null;
  for (const field of form.querySelectorAll("[data-field]")) {
    const shown = page.querySelector(`[data-field="${field.dataset.field}"] [data-error]`);
    const error = field.querySelector("[data-error]");
    const input = field.querySelector("input");
    error.textContent = shown?.textContent ?? "";
    error.hidden = !error.textContent;
    const described = field.matches("fieldset") ? field : input;
    if (error.hidden) {
      input.removeAttribute("aria-invalid");
    } else {
      input.setAttribute("aria-invalid", "true");
      const ids = new Set([...(described.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean), error.id]);
      described.setAttribute("aria-describedby", [...ids].join(" "));
      first ??= input;
    }
  }
  const alert = form.querySelector("[data-problem] > *");
  if (first) first.focus();
  else if (alert) { alert.tabIndex = -1; alert.focus(); }
}

async function sendInline(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  busy(form, button, true);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Inline": "1" } });
    const next = answer.headers.get("X-Go-On") ?? (answer.redirected ? answer.url : "");
    if (next) return location.assign(next);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("form[data-inline]")) {
      busy(form, button, false);
      showErrors(form, page);
    } else {
      document.getElementById("main").replaceChildren(...page.getElementById("main").childNodes);
    }
  } catch {
    busy(form, button, false);
    offline.hidden = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form[data-inline]")) {
    event.preventDefault();
    sendInline(form, event.submitter);
  } else if (form.method === "post") {
    setTimeout(() => busy(form, event.submitter, true)); // after the browser has read the form
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) busy(form, form.querySelector("[data-word]"), false);
});

function renumber(rows) {
  [...rows.children].forEach((row, place) => {
    for (const element of row.querySelectorAll("[id], [for]")) {
      for (const name of ["id", "for"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(/-\d+-(key|value)$/, `-${place + 1}-$1`));
      }
    }
    for (const label of row.querySelectorAll(".unseen")) {
      label.textContent = label.textContent.replace(/\d+(?= of )/, place + 1);
    }
  });
}

function addRow(rows) {
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.placeholder = input.name.endsWith(".key") ? "Key" : "Value";
  }
  rows.append(row);
  renumber(rows);
  row.querySelector("input").focus();
}

function removeRow(row) {
  const rows = row.parentElement;
  if (rows.children.length === 1) for (const input of row.querySelectorAll("input")) input.value = "";
  else row.remove();
  renumber(rows);
  rows.querySelector("input").focus();
}

for (const button of document.querySelectorAll("[data-add], [data-remove]")) button.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("add" in button.dataset) addRow(button.closest("fieldset").querySelector("[data-rows]"));
  else if ("remove" in button.dataset) removeRow(button.closest("[data-row]"));
  else if ("fill" in button.dataset) {
    const input = document.getElementById(button.dataset.fill);
    input.value = button.dataset.value;
    input.focus();
  }
});

// What was done is said once, and not again when the page is reloaded.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}

localise(document);
setInterval(() => localise(document), 10000);
document.documentElement.dataset.ready = "yes";
