//! A browser, as far as pages without scripts need one: cookies, links, forms, redirects.
//!
//! It follows redirects as long as they stay at the server, and shows where the last one leads
//! otherwise. What it says of its requests is what browsers say: `Origin`, `Referer`, `Sec-Fetch-*`.
//!
//! ```ignore
//! let mut browser = Browser::new(&pds.public_url());
//! let page = browser.get("/account/sign-in").await;
//! let fields = [("identifier", "alice.test"), ("password", "password of alice")];
//! let page = browser.submit(&page, "/account/sign-in", &fields).await;
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, REFERER, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};

use super::ask;

/// How many redirects are followed until it is a loop.
const REDIRECTS_MAX: usize = 20;

/// A browser of somebody's, at one server.
#[derive(Clone)]
pub(crate) struct Browser {
    client: ask::Client,
    origin: String,
    /// The cookies, by name. `None` if somebody has turned them off.
    cookies: Option<BTreeMap<String, String>>,
    /// What is said in place of the usual: nothing, or something else.
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    follows: bool,
}

/// What a browser shows.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The status.
    pub(crate) status: StatusCode,
    /// Where it leads, if it is a redirect that was not followed.
    pub(crate) location: Option<String>,
    /// The body.
    pub(crate) html: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The path and query that it was found at.
    pub(crate) at: String,
}

/// A form of a page, as it would be sent.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    action: String,
    at: String,
    fields: Fields,
}

/// Names and values.
type Fields = Vec<(String, String)>;

impl Browser {
    /// Opens a browser that knows nothing yet. The URL is where the server says that it is.
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            client: ask::client(),
            origin: base_url.trim_end_matches('/').to_owned(),
            cookies: Some(BTreeMap::new()),
            headers: Vec::new(),
            follows: true,
        }
    }

    /// Says something with all requests, in place of the usual.
    #[must_use]
    pub(crate) fn saying(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("it is a header's value");
        self.headers.push((HeaderName::from_static(name), Some(value)));
        self
    }

    /// Leaves a header out of all requests.
    #[must_use]
    pub(crate) fn silent_on(mut self, name: &'static str) -> Self {
        self.headers.push((HeaderName::from_static(name), None));
        self
    }

    /// Keeps no cookies from now on.
    #[must_use]
    pub(crate) fn without_cookies(mut self) -> Self {
        self.cookies = None;
        self
    }

    /// Follows no redirects from now on.
    #[must_use]
    pub(crate) fn stopping(mut self) -> Self {
        self.follows = false;
        self
    }

    /// Returns a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.as_ref()?.get(name).map(String::as_str)
    }

    /// Puts a cookie there.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        if let Some(cookies) = &mut self.cookies {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Follows a link, by its path and query or its URL.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let path = self.own_path(path).expect("it is at the server");
        self.go(Method::GET, path, None).await
    }

    /// Sends the form of a page that leads somewhere, or that a button leads there, with what is
    /// typed or pressed in place of what is there.
    pub(crate) async fn submit(
        &mut self,
        page: &Page,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let mut form = page.form(action);
        for (name, _) in fields {
            form.fields.retain(|(found, _)| found != name);
        }
        form.fields.extend(owned(fields));
        self.send(&form).await
    }

    /// Sends the form of a page so many times, and returns how the first and the last are answered.
    pub(crate) async fn submit_often(
        &mut self,
        page: &Page,
        action: &str,
        fields: &[(&str, &str)],
        times: usize,
    ) -> (u16, u16) {
        let mut statuses = Vec::new();
        for _ in 0..times {
            statuses.push(self.submit(page, action, fields).await.status.as_u16());
        }
        (statuses[0], statuses[times - 1])
    }

    /// Sends a form.
    pub(crate) async fn send(&mut self, form: &Form) -> Page {
        let path = self.own_path(&form.action).expect("the form is for the server");
        let body =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        self.go(Method::POST, path, Some((body, form.at.clone()))).await
    }

    /// Sends something that no page has.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(&Form { action: path.to_owned(), at: path.to_owned(), fields: owned(fields) })
            .await
    }

    /// Returns path and query of a link, if it stays at the server.
    fn own_path(&self, link: &str) -> Option<String> {
        let path = link.strip_prefix(&self.origin).unwrap_or(link);
        let is_path = path.starts_with('/') && !path.starts_with("//");
        is_path.then(|| path.split('#').next().unwrap_or_default().to_owned())
    }

    async fn go(&mut self, method: Method, path: String, form: Option<(String, String)>) -> Page {
        let mut page = self.one(method, &path, form).await;
        for _ in 0..REDIRECTS_MAX {
            let location = page.location.as_deref().filter(|_| self.follows);
            let Some(path) = location.and_then(|location| self.own_path(location)) else {
                return page;
            };
            page = self.one(Method::GET, &path, None).await;
        }
        panic!("redirects go on and on, at last to {}", page.at);
    }

    async fn one(&mut self, method: Method, path: &str, form: Option<(String, String)>) -> Page {
        let mut headers = HeaderMap::new();
        let (site, from) = match &form {
            Some((_, at)) => ("same-origin", Some(format!("{}{at}", self.origin))),
            None => ("cross-site", None),
        };
        let value = |text: &str| HeaderValue::from_str(text).expect("it is a header's value");
        let host = self.origin.split("://").nth(1).unwrap_or_default();
        headers.insert(HOST, value(host));
        headers.insert(ACCEPT, value("text/html"));
        for (name, text) in [("dest", "document"), ("mode", "navigate"), ("site", site)] {
            let name = format!("sec-fetch-{name}").parse::<HeaderName>().expect("it is a name");
            headers.insert(name, value(text));
        }
        if let Some(from) = from {
            headers.insert(ORIGIN, value(&self.origin));
            headers.insert(REFERER, value(&from));
            headers.insert(CONTENT_TYPE, value("application/x-www-form-urlencoded"));
        }
        let cookies = self.cookies.iter().flatten().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = cookies.collect();
        if !cookies.is_empty() {
            headers.insert(COOKIE, value(&cookies.join("; ")));
        }
        for (name, said) in &self.headers {
            match said {
                Some(said) => drop(headers.insert(name, said.clone())),
                None => drop(headers.remove(name)),
            }
        }
        // Names are not looked up: all servers of tests are here.
        let port = host.rsplit(':').next().unwrap_or_default();
        let body = form.map(|(body, _)| body).unwrap_or_default();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = format!("http://127.0.0.1:{port}{path}").parse().expect("it is a URL");
        *request.headers_mut() = headers;
        let response = self.client.request(request).await.expect("the server answers");
        let (head, body) = response.into_parts();
        self.keep(&head.headers);
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        let location = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        Page {
            status: head.status,
            location: location.map(str::to_owned).filter(|_| head.status.is_redirection()),
            html: String::from_utf8(body.to_vec()).expect("pages are UTF-8"),
            headers: head.headers,
            at: path.to_owned(),
        }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        let Some(cookies) = &mut self.cookies else { return };
        for text in headers.get_all(SET_COOKIE) {
            let text = text.to_str().expect("cookies are ASCII");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("cookies have names");
            let is_over = attributes.split(';').any(|one| one.trim() == "Max-Age=0");
            match is_over {
                true => drop(cookies.remove(name)),
                false => drop(cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
    }
}

impl Page {
    /// Returns the form that leads somewhere, or has a button that does.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let found =
            self.forms().into_iter().find(|(actions, _)| actions.iter().any(|a| a == action));
        let (_, fields) = found.unwrap_or_else(|| {
            panic!("{} at {} has no form for {action}:\n{}", self.status, self.at, self.html)
        });
        Form { action: action.to_owned(), at: self.at.clone(), fields }
    }

    /// Tells whether there is a form that leads somewhere, or a button that does.
    pub(crate) fn has_form(&self, action: &str) -> bool {
        self.forms().iter().any(|(actions, _)| actions.iter().any(|found| found == action))
    }

    /// Returns the path that it was found at, without a query.
    pub(crate) fn path(&self) -> &str {
        self.at.split('?').next().unwrap_or_default()
    }

    /// Returns the names of the inputs that are marked as wrong.
    pub(crate) fn marked(&self) -> Vec<String> {
        let marked =
            tags(&self.html).into_iter().filter(|tag| tag.attributes.contains_key("aria-invalid"));
        marked.filter_map(|mut tag| tag.attributes.remove("name")).collect()
    }

    /// Returns what is in the title.
    pub(crate) fn title(&self) -> String {
        let after = self.html.split("<title>").nth(1).unwrap_or_default();
        unescape(after.split("</title>").next().unwrap_or_default())
    }

    /// Returns the text that is shown, with single spaces.
    pub(crate) fn text(&self) -> String {
        let body = self.html.split("<body").nth(1).unwrap_or(&self.html);
        let parts = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        let text = unescape(&parts.collect::<Vec<_>>().join(" "));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns the values of an attribute of all tags of a name.
    pub(crate) fn attributes(&self, tag: &str, attribute: &str) -> Vec<String> {
        let tags = tags(&self.html).into_iter().filter(|found| found.name == tag);
        tags.filter_map(|mut found| found.attributes.remove(attribute)).collect()
    }

    /// Returns a header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all forms: where they lead, and their fields.
    fn forms(&self) -> Vec<(Vec<String>, Fields)> {
        let mut forms: Vec<(Vec<String>, Fields)> = Vec::new();
        let (mut is_open, mut select) = (false, None);
        for mut tag in tags(&self.html) {
            let mut take = |name: &str| tag.attributes.remove(name);
            match tag.name.as_str() {
                "form" => {
                    forms.push((
                        vec![take("action").unwrap_or_else(|| self.at.clone())],
                        Vec::new(),
                    ));
                    is_open = true;
                }
                "/form" => is_open = false,
                "select" => select = take("name").map(|name| (name, false)),
                _ if !is_open => {}
                "button" => {
                    if let (Some((actions, _)), Some(action)) =
                        (forms.last_mut(), take("formaction"))
                    {
                        actions.push(action);
                    }
                }
                "input" => {
                    let kind = take("type").unwrap_or_default();
                    let is_sent =
                        !matches!(kind.as_str(), "checkbox" | "radio") || take("checked").is_some();
                    let value = take("value").unwrap_or_default();
                    if let (Some((_, fields)), Some(name), true) =
                        (forms.last_mut(), take("name"), is_sent)
                    {
                        fields.push((name, value));
                    }
                }
                "option" => {
                    let is_chosen = take("selected").is_some();
                    let (Some((_, fields)), Some((name, has_one))) =
                        (forms.last_mut(), &mut select)
                    else {
                        continue;
                    };
                    if *has_one && is_chosen {
                        fields.pop();
                    }
                    if !*has_one || is_chosen {
                        fields.push((name.clone(), take("value").unwrap_or_default()));
                        *has_one = true;
                    }
                }
                _ => {}
            }
        }
        forms
    }
}

impl Form {
    /// Returns a field's value.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns all values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let found = self.fields.iter().filter(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// Takes a field out, or those of its values that are named.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A tag of a page.
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

/// Returns the tags of a page. Pages of ours have no comments, and no `<` or `>` in attributes.
fn tags(html: &str) -> Vec<Tag> {
    let inside = html.split('<').skip(1).filter_map(|part| part.split('>').next());
    inside.map(tag).collect()
}

fn tag(inside: &str) -> Tag {
    let (name, mut rest) = inside.split_once([' ', '\n']).unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    while let Some(begin) = rest.find(|char: char| !char.is_whitespace()) {
        rest = &rest[begin..];
        let end = rest.find(|char: char| char.is_whitespace() || char == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let quoted = after.strip_prefix("=\"").and_then(|after| after.split_once('"'));
        let (value, after) = quoted.unwrap_or(("", after.trim_start_matches('=')));
        attributes.insert(name.to_owned(), unescape(value));
        rest = after;
    }
    Tag { name: name.to_owned(), attributes }
}

/// Puts characters in place of their names.
fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or((part, ""));
        let number = match name.strip_prefix("#x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
        };
        match (name, number.and_then(char::from_u32)) {
            (_, Some(char)) => plain.push(char),
            ("amp", _) => plain.push('&'),
            ("lt", _) => plain.push('<'),
            ("gt", _) => plain.push('>'),
            ("quot", _) => plain.push('"'),
            _ => panic!("&{name}; is no character that pages of ours have"),
        }
        plain.push_str(rest);
    }
    plain
}

fn owned(fields: &[(&str, &str)]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
