//! What holds for every page, in every state, language and kind of text that others wrote.

#[path = "../examples/gallery/samples.rs"]
mod samples;

use std::collections::{BTreeMap, BTreeSet};

use pagurus_pages::{Lang, Page, path};
use samples::{Samples, Words};

/// A tag as it is in a page, with its attributes unescaped.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    /// The text up to the next tag.
    text: String,
}

impl Tag {
    fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

/// Takes a page apart. What is not as strict as our templates are is an error.
fn tags(page: &str) -> Result<Vec<Tag>, String> {
    let mut tags = Vec::new();
    for part in page.strip_prefix('<').ok_or("text before the first tag")?.split('<') {
        let (inside, text) = part.split_once('>').ok_or_else(|| format!("not closed: {part}"))?;
        if text.contains('>') {
            return Err(format!("a sign that is not escaped: {part}"));
        }
        let (name, mut rest) = inside.split_at(inside.find(' ').unwrap_or(inside.len()));
        let mut attributes = BTreeMap::new();
        while let Some(after) = rest.strip_prefix(' ') {
            let end = after.find(['=', ' ']).unwrap_or(after.len());
            let (attribute, more) = after.split_at(end);
            let value = match more.strip_prefix("=\"") {
                Some(quoted) => {
                    let (value, more) = quoted.split_once('"').ok_or("a quote is not closed")?;
                    rest = more;
                    value
                }
                None => {
                    rest = more;
                    ""
                }
            };
            if attributes.insert(attribute.to_owned(), unescaped(value)).is_some() {
                return Err(format!("{attribute} is there twice: {inside}"));
            }
        }
        if !rest.is_empty() {
            return Err(format!("not an attribute: {inside}"));
        }
        tags.push(Tag { name: name.to_owned(), attributes, text: unescaped(text) });
    }
    Ok(tags)
}

fn unescaped(text: &str) -> String {
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    signs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A page as it was shown.
struct Shown {
    /// Which one it is, for messages.
    name: String,
    title: String,
    html: String,
    tags: Vec<Tag>,
}

impl Shown {
    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }

    fn ids(&self) -> BTreeSet<&str> {
        self.tags.iter().filter_map(|tag| tag.get("id")).collect()
    }
}

fn each(lang: Lang, words: &Words, check: &mut dyn FnMut(&Shown)) {
    let look = samples::look();
    let mut seen = BTreeSet::new();
    Samples { look: &look, lang, words }.each(&mut |name: &str, page: &dyn Page| {
        assert!(seen.insert(name.to_owned()), "{name} is there twice");
        let html = page.render();
        let tags = tags(&html).unwrap_or_else(|error| panic!("{name}: {error}\n{html}"));
        let title = page.title();
        check(&Shown { name: format!("{name} ({lang:?})"), title, html, tags });
    });
    assert!(seen.len() > 100, "only {} pages", seen.len());
}

fn every(check: &mut dyn FnMut(&Shown)) {
    for lang in Lang::ALL {
        for words in [Words::plain(), Words::long(), Words::hostile(), Words::right_to_left()] {
            each(lang, &words, check);
        }
    }
}

#[test]
fn every_page_has_a_language_a_title_one_heading_and_content_to_skip_to() {
    every(&mut |page| {
        let Shown { name, html, .. } = page;
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\""), "{name}");
        let lang = page.named("html").next().unwrap().get("lang").unwrap();
        assert!(Lang::ALL.iter().any(|one| one.tag() == lang), "{name}");
        assert_eq!(page.named("title").next().unwrap().text, page.title, "{name}");
        let headings: Vec<_> = page.named("h1").map(|tag| tag.text.trim()).collect();
        assert_eq!(headings, [page.title.as_str()], "{name}");
        assert_eq!(page.named("main").count(), 1, "{name}");
        let skip = page.named("a").next().unwrap();
        assert_eq!(skip.get("href"), Some("#main"), "{name}");
        let mut level = 1;
        for tag in &page.tags {
            let Some(next) = tag.name.strip_prefix('h').and_then(|n| n.parse::<u8>().ok()) else {
                continue;
            };
            assert!(next <= level + 1, "{name}: h{level} is followed by h{next}: {}", tag.text);
            level = next;
        }
    });
}

#[test]
fn nothing_in_a_page_runs_or_styles_it_but_files_of_ours() {
    every(&mut |page| {
        let name = &page.name;
        for tag in &page.tags {
            assert_ne!(tag.name, "style", "{name}");
            for (attribute, value) in &tag.attributes {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}");
                assert_ne!(attribute, "style", "{name}");
                if ["href", "src", "action", "formaction", "content"].contains(&attribute.as_str())
                {
                    let value = value.to_ascii_lowercase();
                    assert!(!value.contains("javascript:"), "{name}: {value}");
                    assert!(!value.starts_with("data:"), "{name}: {value}");
                }
            }
        }
        for script in page.named("script") {
            assert!(script.get("src").unwrap().starts_with(path::ASSETS), "{name}");
            assert_eq!(script.text, "", "{name}");
        }
        for image in page.named("img") {
            let source = image.get("src").unwrap();
            let is_good = source.starts_with(path::ASSETS) || source.starts_with("https://");
            assert!(is_good, "{name}: {source}");
            assert!(image.get("alt").is_some(), "{name}");
        }
    });
}

#[test]
fn files_that_pages_name_are_there() {
    let look = samples::look();
    each(Lang::English, &Words::plain(), &mut |page| {
        for tag in &page.tags {
            for source in ["src", "href"].into_iter().filter_map(|name| tag.get(name)) {
                if source.starts_with(path::ASSETS) {
                    assert!(look.assets.find(source).is_some(), "{}: {source}", page.name);
                }
            }
        }
    });
}

#[test]
fn what_others_wrote_is_text_and_steers_nothing() {
    each(Lang::English, &Words::hostile(), &mut |page| {
        let Shown { name, html, .. } = page;
        let strange = |letter: char| {
            (letter.is_control() && letter != '\n') || matches!(letter, '\u{202a}'..='\u{202e}')
        };
        for tag in &page.tags {
            assert!(!tag.text.contains(strange), "{name}: {tag:?}");
            // What a form sends is sent as it is, and not shown.
            let shown = tag.attributes.iter().filter(|(attribute, _)| *attribute != "value");
            for (attribute, value) in shown {
                assert!(!value.contains(strange), "{name}: {attribute} {value}");
            }
        }
        // Every quote and bracket of it is escaped, wherever it is: else it would be a tag.
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{name}");
        assert!(!html.contains("49"), "{name}: something was calculated");
    });
}

#[test]
fn what_others_wrote_is_no_longer_than_it_may_be() {
    each(Lang::English, &Words::long(), &mut |page| {
        for tag in &page.tags {
            // What is to be copied is shown whole; it is of the server's making.
            let is_short = tag.name == "code" || tag.text.chars().count() <= 1200;
            assert!(is_short, "{}: {}", page.name, tag.text);
        }
    });
}

#[test]
fn every_input_has_a_label_and_says_what_may_be_filled_in() {
    every(&mut |page| {
        let Shown { name, .. } = page;
        let labels: BTreeSet<&str> = page.named("label").filter_map(|tag| tag.get("for")).collect();
        let inputs = page.tags.iter().filter(|tag| {
            ["input", "select", "textarea"].contains(&tag.name.as_str())
                && tag.get("type") != Some("hidden")
        });
        for input in inputs {
            let is_labelled = input.get("id").is_some_and(|id| labels.contains(id));
            assert!(is_labelled || input.get("aria-label").is_some(), "{name}: {input:?}");
            let kind = input.get("type").unwrap_or(&input.name);
            if ["text", "email", "password", "textarea"].contains(&kind) {
                assert!(input.get("autocomplete").is_some(), "{name}: {input:?}");
            }
            if kind == "password" {
                let is_known = matches!(
                    (input.get("name"), input.get("autocomplete")),
                    (Some("password"), Some("current-password"))
                        | (Some("new_password"), Some("new-password"))
                );
                assert!(is_known, "{name}: {input:?}");
            }
        }
        for label in labels {
            assert!(page.ids().contains(label), "{name}: a label for {label}");
        }
    });
}

#[test]
fn what_was_typed_is_there_still() {
    each(Lang::English, &Words::plain(), &mut |page| {
        let typed = match page.name.trim_end_matches(" (English)") {
            "sign-in-wrong" => ("identifier", "alice.tidepool.example"),
            "sign-up-wrong" => ("invite_code", "tidepool-abcde-12345"),
            "reset-password-wrong" => ("code", "ABCDE-12345"),
            "app-passwords" => ("name", ""),
            "app-passwords-wrong" => ("name", "Skyfeed"),
            "email-change" => ("email", "alice@example.com"),
            "handle-wrong-1" => ("handle", "Skyfeed"),
            "handle-other" => ("own", "skyfeed.example"),
            "move-silent" => ("identifier", "alice.tidepool.example"),
            _ => return,
        };
        let mut inputs = page.named("input").filter(|tag| tag.get("name") == Some(typed.0));
        assert_eq!(inputs.next().unwrap().get("value"), Some(typed.1), "{}", page.name);
    });
}

#[test]
fn what_is_referred_to_is_there_once() {
    every(&mut |page| {
        let Shown { name, .. } = page;
        let all = page.tags.iter().filter(|tag| tag.get("id").is_some()).count();
        let ids = page.ids();
        assert_eq!(ids.len(), all, "{name}: an id is there twice");
        for tag in &page.tags {
            let described = tag.get("aria-describedby").unwrap_or_default().split(' ');
            let linked = tag.get("href").and_then(|href| href.strip_prefix('#'));
            for id in described.chain(linked).filter(|id| !id.is_empty()) {
                assert!(ids.contains(id), "{name}: {id} is nowhere: {tag:?}");
            }
        }
    });
}

#[test]
fn a_problem_is_said_above_the_form_and_at_its_input() {
    each(Lang::French, &Words::plain(), &mut |page| {
        let alerts: Vec<_> =
            page.tags.iter().filter(|tag| tag.get("class") == Some("alert")).collect();
        let invalid = page.tags.iter().filter(|tag| tag.get("aria-invalid").is_some());
        for input in invalid {
            let id = input.get("id").unwrap();
            let note = format!("{id}-wrong");
            let described = input.get("aria-describedby").unwrap();
            assert!(described.split(' ').any(|one| one == note), "{}: {id}", page.name);
            let link = format!("#{id}");
            assert!(page.named("a").any(|a| a.get("href") == Some(&link)), "{}: {id}", page.name);
            assert_eq!(alerts.len(), 1, "{}", page.name);
            assert_eq!(alerts[0].get("role"), Some("alert"), "{}", page.name);
        }
    });
}

#[test]
fn every_form_is_sent_by_post_with_the_proof_that_it_is_ours() {
    every(&mut |page| {
        let Shown { name, html, .. } = page;
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let tags = tags(&format!("<form {form}")).unwrap();
            assert_eq!(tags[0].get("method"), Some("post"), "{name}");
            let action = tags[0].get("action").unwrap();
            if action.starts_with("https://") {
                // The answer to an application, which is no business of anybody else.
                assert_eq!(tags[0].get("data-submit"), Some(""), "{name}");
                continue;
            }
            assert!(action.starts_with('/') && !action.starts_with("//"), "{name}: {action}");
            let csrf = tags.iter().find(|tag| tag.get("name") == Some("csrf")).unwrap();
            assert_eq!(csrf.get("value"), Some("3f\"><b>ac"), "{name}");
            assert!(tags.iter().any(|tag| tag.name == "button"), "{name}: {action}");
            for button in tags.iter().filter(|tag| tag.name == "button") {
                let to = button.get("formaction").unwrap_or("/");
                assert!(to.starts_with('/') && !to.starts_with("//"), "{name}: {to}");
            }
        }
    });
}

#[test]
fn a_request_that_waits_is_in_every_form_and_link_of_its_flow() {
    each(Lang::English, &Words::plain(), &mut |page| {
        let Shown { name, html, .. } = page;
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let tags = tags(&format!("<form {form}")).unwrap();
            if tags[0].get("action").unwrap().starts_with(path::AUTHORIZE) {
                let request = tags.iter().find(|tag| tag.get("name") == Some("request"));
                assert_eq!(request.unwrap().get("value"), Some("req-5d2f&\"<"), "{name}");
            }
        }
        for link in page.named("a").filter_map(|tag| tag.get("href")) {
            if link.starts_with(path::AUTHORIZE) {
                assert!(link.ends_with("?request=req-5d2f%26%22%3C"), "{name}: {link}");
            }
        }
    });
}

#[test]
fn languages_differ_in_words_and_in_nothing_else() {
    let shape = |lang| {
        let mut found = Vec::new();
        each(lang, &Words::plain(), &mut |page| {
            let names: Vec<String> = page.tags.iter().map(|tag| tag.name.clone()).collect();
            found.push((page.name.clone(), page.title.clone(), names));
        });
        found
    };
    let (english, french) = (shape(Lang::English), shape(Lang::French));
    for ((name, title, tags), (_, other, others)) in english.iter().zip(&french) {
        assert_eq!(tags, others, "{name}");
        let is_alike = ["Code"].contains(&title.as_str());
        assert!(title != other || is_alike, "{name} has the same title in French: {title}");
    }
}

#[test]
fn secrets_are_on_the_one_page_that_shows_them() {
    let mut shown = BTreeSet::new();
    each(Lang::English, &Words::plain(), &mut |page| {
        if page.html.contains("abcd-efgh-ijkl-mnop") {
            shown.insert(page.name.clone());
        }
    });
    assert_eq!(shown, BTreeSet::from(["app-passwords (English)".to_owned()]));
}

#[test]
fn names_are_shown_only_of_applications_that_are_trusted() {
    each(Lang::English, &Words::plain(), &mut |page| {
        // Below stands what it asks for, in which the same words come.
        let head = page.html.split("<ul class=\"permissions\">").next().unwrap();
        match page.name.as_str() {
            "consent (English)" => {
                assert!(!head.contains("Skyfeed"), "the name was not given");
                assert!(head.contains("<bdi>skyfeed.example</bdi>"));
            }
            "consent-more (English)" => assert!(!head.contains("skyfeed"), "it is on this device"),
            "consent-identify (English)" => assert!(head.contains("<bdi>Skyfeed</bdi>")),
            _ => {}
        }
    });
}

#[test]
fn the_end_of_a_host_is_never_cut_off() {
    let words =
        Words { host: format!("bank.example.{}evil.example", "a.".repeat(100)), ..Words::plain() };
    let mut seen = 0;
    each(Lang::English, &words, &mut |page| {
        for part in page.html.split("bank.example.a.").skip(1) {
            let label = part.split(['<', '"', ' ', '/', ',']).next().unwrap();
            assert!(
                label.trim_end_matches('.').ends_with("evil.example"),
                "{}: {label}",
                page.name
            );
            seen += 1;
        }
    });
    assert!(seen > 20, "it was seen {seen} times");
}

#[test]
fn what_cannot_be_unticked_has_no_box() {
    each(Lang::English, &Words::plain(), &mut |page| {
        let boxes: Vec<_> =
            page.tags.iter().filter(|tag| tag.get("name") == Some("allow")).collect();
        match page.name.as_str() {
            "consent (English)" => {
                assert_eq!(boxes.len(), 18);
                let unticked = boxes.iter().filter(|tag| tag.get("checked").is_none()).count();
                assert_eq!(unticked, 1);
                assert!(boxes.iter().all(|tag| tag.get("value").unwrap().ends_with("\"<")));
            }
            "consent-identify (English)" => assert!(boxes.is_empty()),
            _ => {}
        }
    });
}

#[test]
fn an_agreement_names_what_was_shown() {
    each(Lang::English, &Words::plain(), &mut |page| {
        if page.name != "move-review-losses (English)" {
            return;
        }
        let fields: Vec<(&str, &str)> = page
            .named("input")
            .filter_map(|tag| Some((tag.get("name")?, tag.get("value")?)))
            .collect();
        assert_eq!(fields.iter().filter(|(name, _)| *name == "missing").count(), 5);
        for field in [("unreadable", "2"), ("preferences", "on"), ("agree_files", "on")] {
            assert!(fields.contains(&field), "{field:?} in {fields:?}");
        }
    });
}

#[test]
fn only_a_move_that_needs_nobody_loads_itself_anew() {
    each(Lang::English, &Words::plain(), &mut |page| {
        let is_live = page.tags.iter().any(|tag| tag.get("data-live").is_some());
        let refreshes = page.named("meta").any(|tag| tag.get("http-equiv") == Some("refresh"));
        let is_move = page.name.starts_with("move-");
        assert_eq!(is_live, refreshes && is_move, "{}", page.name);
        if page.name.starts_with("move-sign-in") || page.name.starts_with("move-decide") {
            assert!(!is_live, "{}: what is being typed would be lost", page.name);
        }
    });
}
