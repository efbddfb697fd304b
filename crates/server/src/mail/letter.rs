//! The other form of a mail's text: the same words, laid out.

use crate::config::Branding;
use crate::html::escaped;

/// What the page looks like. Programs that show mail know little, so that it is little.
const STYLE: &str = "body{margin:0;padding:24px;background:#f4f1ec;color:#22303c;\
                     font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}\
                     main{max-width:34em;margin:0 auto;padding:24px 32px;background:#fff;\
                     border-radius:12px}\
                     h1{font-size:18px;margin:0 0 16px}img{max-height:48px}\
                     pre{font:600 18px/1.4 ui-monospace,Menlo,Consolas,monospace;background:#f4f1ec;\
                     padding:12px 16px;border-radius:8px;white-space:pre-wrap;word-break:break-all}";

/// The colour of headings, where the operator has set no other.
const COLOR: &str = "#b4472e";

/// How the server shows itself in letters.
pub(super) struct Look {
    name: String,
    logo_url: Option<String>,
    color: String,
}

impl Look {
    /// Takes what the operator has set, and the name of the host where that is nothing.
    pub(super) fn new(branding: &Branding, host: &str) -> Self {
        let color = branding.primary_color.as_ref().map_or(COLOR, |color| color.as_str());
        Self {
            name: branding.name.clone().unwrap_or_else(|| host.to_owned()),
            logo_url: branding.logo_url.as_ref().map(ToString::to_string),
            color: color.to_owned(),
        }
    }
}

/// Returns a text as HTML. Lines that begin with two spaces stand as they are: codes, keys and
/// commands.
pub(super) fn html(look: &Look, subject: &str, text: &str) -> String {
    let logo = look.logo_url.as_ref().map(|url| format!("<img src=\"{}\" alt=\"\">", escaped(url)));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head><body><main>\
         {}<h1 style=\"color:{}\">{}</h1>",
        escaped(subject),
        logo.unwrap_or_default(),
        escaped(&look.color),
        escaped(&look.name),
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
        let look = Look::new(&Branding::default(), "a.example");
        let page = html(
            &look,
            "<b>",
            "Hello <i>alice</i>,\n\nyour code:\n\n    ABC-DEF\n\nhttps://a.example/?a=1&b=2\n",
        );
        for part in [
            "<title>&lt;b&gt;</title>",
            "<h1 style=\"color:#b4472e\">a.example</h1>",
            "<p>Hello &lt;i&gt;alice&lt;/i&gt;, </p>",
            "<pre>ABC-DEF</pre>",
            "<a href=\"https://a.example/?a=1&amp;b=2\">",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }

    #[test]
    fn letters_look_as_the_operator_has_set() {
        let branding = r##"{"name": "Shells & Co", "logo_url": "https://a.example/l.png?a=1&b=2",
                           "primary_color": "#00aaFF"}"##;
        let look = Look::new(&serde_json::from_str(branding).unwrap(), "a.example");
        let page = html(&look, "A code", "Hello");
        for part in [
            "<img src=\"https://a.example/l.png?a=1&amp;b=2\" alt=\"\">",
            "<h1 style=\"color:#00aaFF\">Shells &amp; Co</h1>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        for color in ["red", "#fff", "#12345g", "#123456;x"] {
            let branding = format!("{{\"primary_color\": \"{color}\"}}");
            assert!(serde_json::from_str::<Branding>(&branding).is_err(), "{color}");
        }
    }
}
