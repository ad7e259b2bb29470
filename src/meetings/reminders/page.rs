//! The page that links in reminders lead to. It is the same for everybody and says nothing of anybody: what the link says
//! stands behind the `#`, and is sent when a button is pressed.

/// The page.
pub const PAGE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>Will you come? – Threekeys</title><script src="/docs/rsvp.js" defer></script></head>
<body><h1>Will you come?</h1>
<noscript><p>This page needs JavaScript. You can also sign in and answer there.</p></noscript>
<p><button type="button" value="yes">Yes</button> <button type="button" value="maybe">Maybe</button>
<button type="button" value="no">No</button></p><p role="status" id="told"></p></body></html>
"#;

/// What the page does: nothing until a button is pressed.
pub const SCRIPT: &str = r#"const [wanted, token] = location.hash.slice(1).split(/\.(.*)/s);
const told = document.getElementById("told");
const answer = async (button) => {
  const body = JSON.stringify({ token: token ?? "", answer: button.value });
  const headers = { "content-type": "application/json" };
  const sent = await fetch("/api/v1/rsvp-links/answer", { method: "POST", headers, body }).catch(() => null);
  const said = await sent?.json().catch(() => null);
  told.textContent = sent?.ok
    ? `You answered ${said.answer} to ${said.title}.`
    : said?.detail ?? said?.title ?? "The answer could not be sent. Try again.";
};
for (const button of document.querySelectorAll("button")) {
  if (button.value === wanted) button.autofocus = true, button.focus();
  button.addEventListener("click", () => answer(button));
}
"#;
