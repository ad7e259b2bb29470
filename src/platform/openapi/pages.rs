//! Pages for people: one per problem code, so that a problem's `type` leads somewhere.

use crate::platform::error::Code;

/// The page of a problem, by the last part of its `type`.
pub fn problem(slug: &str) -> Option<String> {
    let code = Code::ALL.iter().find(|code| code.as_str().replace('_', "-") == slug)?;
    Some(page(
        code.title(),
        &format!(
            "<p><code>{}</code>, HTTP status {}</p><p>{}</p><p><a href=\"/docs/problems\">All problems</a></p>",
            code.as_str(),
            code.status(),
            escape(code.explanation())
        ),
    ))
}

/// The list of all problems.
pub fn problems() -> String {
    let rows: String = Code::ALL
        .iter()
        .map(|code| {
            format!(
                "<tr><td>{}</td><td><a href=\"/docs/problems/{}\"><code>{}</code></a></td><td>{}</td></tr>",
                code.status(),
                code.as_str().replace('_', "-"),
                code.as_str(),
                escape(code.title())
            )
        })
        .collect();
    page("Problems", &format!("<table><tr><th>Status</th><th>Code</th><th>Meaning</th></tr>{rows}</table>"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} – Threekeys</title></head><body><h1>{title}</h1>{body}</body></html>",
        title = escape(title)
    )
}
