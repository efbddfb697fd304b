//! Text in pages and letters.

/// The most bytes of a tag that is taken for one.
const MARKUP_BYTES_MAX: usize = 4096;

/// Writes text so that HTML has no meaning in it, between quotes neither.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Returns what HTML says, for programs that show text alone: without tags, and with a line for each
/// paragraph and each line. It needs not be good HTML; what cannot be read stands as it is.
pub(crate) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('<') { b'>' } else { b';' };
        let length = rest.bytes().take(MARKUP_BYTES_MAX).position(|byte| byte == end);
        let found = length.map(|length| (&rest[1..length], &rest[length + 1..]));
        let meaning = found.and_then(|(inner, after)| Some((meaning(end, inner)?, after)));
        let (words, after) = meaning.unwrap_or_else(|| rest.split_at(1));
        text.push_str(words);
        rest = after;
    }
    text.push_str(rest);
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim().to_owned()
}

/// Returns what a tag or an entity stands for in text.
fn meaning(end: u8, inner: &str) -> Option<&'static str> {
    if end == b'>' {
        let is_tag = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        if !is_tag {
            return None;
        }
        let name = inner.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        return Some(match name.to_ascii_lowercase().as_str() {
            "br" | "div" | "li" | "tr" => "\n",
            "p" | "h1" | "h2" | "h3" | "ul" | "ol" | "table" => "\n\n",
            _ => "",
        });
    }
    Some(match inner {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "#39" | "apos" => "'",
        "nbsp" => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_html_says() {
        for (html, text) in [
            ("<p>Hello <b>you</b>,</p>\n<p>bye<br>now</p>", "Hello you,\n\nbye\nnow"),
            ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
            ("1 < 2 & 3 > 2 &what; <", "1 < 2 & 3 > 2 &what; <"),
            ("<a href=\"https://a.example/?a=1&amp;b=2\">here</a>", "here"),
            ("", ""),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
        assert_eq!(plain(&escaped("<'\"&>")), "<'\"&>");
    }
}
