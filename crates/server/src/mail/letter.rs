//! The other form of a mail's text: the same words, laid out.

use crate::html::escaped;

/// What the page looks like. Programs that show mail know little, so that it is little.
const STYLE: &str = "body{margin:0;padding:24px;background:#f4f1ec;color:#22303c;\
                     font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}\
                     main{max-width:34em;margin:0 auto;padding:24px 32px;background:#fff;\
                     border-radius:12px}\
                     h1{font-size:18px;margin:0 0 16px;color:#b4472e}\
                     pre{font:600 18px/1.4 ui-monospace,Menlo,Consolas,monospace;background:#f4f1ec;\
                     padding:12px 16px;border-radius:8px;white-space:pre-wrap;word-break:break-all}";

/// Returns a text as HTML. Lines that begin with two spaces stand as they are: codes, keys and
/// commands.
pub(super) fn html(name: &str, subject: &str, text: &str) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head><body><main>\
         <h1>{}</h1>",
        escaped(subject),
        escaped(name),
    );
    for block in text.trim().split("\n\n") {
        let lines: Vec<&str> = block.lines().collect();
        let is_verbatim = lines.iter().all(|line| line.starts_with("  "));
        if is_verbatim {
            let lines: Vec<String> = lines.iter().map(|line| escaped(line.trim_start())).collect();
            page.push_str(&format!("<pre>{}</pre>", lines.join("\n")));
        } else {
            page.push_str(&format!("<p>{}</p>", lines.into_iter().map(line).collect::<String>()));
        }
    }
    page.push_str("</main></body></html>");
    page
}

/// Returns a line; one that is an address alone can be followed.
fn line(line: &str) -> String {
    let text = escaped(line);
    let is_link = ["https://", "http://"].iter().any(|scheme| line.starts_with(scheme));
    match is_link && !line.contains(char::is_whitespace) {
        true => format!("<a href=\"{text}\">{text}</a>"),
        false => format!("{text} "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_out_links_can_be_followed_and_nothing_is_markup() {
        let page = html(
            "a.example",
            "<b>",
            "Hello <i>alice</i>,\n\nyour code:\n\n    ABC-DEF\n\nhttps://a.example/?a=1&b=2\n",
        );
        for part in [
            "<title>&lt;b&gt;</title>",
            "<p>Hello &lt;i&gt;alice&lt;/i&gt;, </p>",
            "<pre>ABC-DEF</pre>",
            "<a href=\"https://a.example/?a=1&amp;b=2\">",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
