//! One request for a page, or with a form of one: who sits there, and whether it may be answered.

use std::borrow::Cow;
use std::slice;

use axum::body::Body;
use axum::extract::State;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, ORIGIN,
    REFERER, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use pages::authorize::{NEXT, Trouble, TroublePage};
use pages::{Frame, Lang, Page, Sentence, path};
use store::Account;
use subtle::ConstantTimeEq as _;

use super::browser::{self, Browser};
use super::wanted::Wanted;
use super::{authorize, entry};
use crate::failure::{Fault, Refusal, chain};
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::xrpc::LimitedBody;

/// The most bytes of a form.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// A request for a page, or with a form of one.
pub(super) struct Visit {
    pub(super) pds: Pds,
    pub(super) head: Parts,
    pub(super) browser: Browser,
    pub(super) lang: Lang,
    /// The page that somebody wanted before they were led to sign in.
    pub(super) wanted: Option<Wanted>,
    csrf: String,
    fields: Vec<(String, String)>,
}

/// What becomes of a visit: a response, or why there is none.
pub(super) type Outcome = Result<Response<Body>, Stop>;

/// Why a visit is not answered with what was asked for.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something went wrong that no form can be corrected for.
    Trouble(StatusCode, Trouble),
    /// The same, with what an app's developer should know.
    Detailed(StatusCode, Trouble, String),
    /// Something is refused, or broke.
    Fault(Fault),
    /// There is something else to answer with.
    Other(Box<Response<Body>>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Fault(refusal.into())
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Stop {
    /// Stops because something of the request is not as it has to be.
    pub(super) fn bad(trouble: Trouble) -> Self {
        Self::Trouble(StatusCode::BAD_REQUEST, trouble)
    }
}

/// Answers somebody who follows a link.
pub(super) async fn look<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&mut Visit) -> Outcome,
{
    let (head, _) = request.into_parts();
    let mut visit = match Visit::new(pds, head, Vec::new()).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let outcome = match visit.check_look() {
        Ok(()) if visit.head.method == Method::HEAD => Ok(Response::new(Body::empty())),
        Ok(()) => answer(&mut visit).await,
        Err(stop) => visit.refuse(stop),
    };
    visit.finish(outcome)
}

/// Answers somebody who downloads a file that a page of ours leads to. Browsers do not call that a
/// navigation.
pub(super) async fn download<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&mut Visit) -> Outcome,
{
    let (head, _) = request.into_parts();
    let mut visit = match Visit::new(pds, head, Vec::new()).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let site = visit.header(&HeaderName::from_static("sec-fetch-site"));
    let is_own = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    let outcome = match visit.count() {
        Ok(()) if is_own => answer(&mut visit).await,
        Ok(()) => visit.refuse(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::NotNavigated)),
        Err(stop) => visit.refuse(stop),
    };
    visit.finish(outcome)
}

/// Answers somebody who sends a form of a page of ours.
pub(super) async fn act<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&mut Visit) -> Outcome,
{
    let (head, body) = request.into_parts();
    let body = match LimitedBody::new(body, FORM_BYTES_MAX).bytes().await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    let fields = form_urlencoded::parse(&body).into_owned().collect();
    let mut visit = match Visit::new(pds, head, fields).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let outcome = match visit.check_form() {
        // Somebody has pressed a button twice: what was done is on the next page.
        Ok(()) if visit.browser.is_passing => see(&visit.next()),
        Ok(()) => answer(&mut visit).await,
        Err(stop) => visit.refuse(stop),
    };
    visit.finish(outcome)
}

impl Visit {
    async fn new(
        pds: Pds,
        head: Parts,
        fields: Vec<(String, String)>,
    ) -> Result<Self, Box<Response<Body>>> {
        let browser = match Browser::of(&pds, &head).await {
            Ok(browser) => browser,
            Err(error) => return Err(Box::new(Fault::from(error).into_response())),
        };
        let chosen = browser::came(&pds, &head.headers, browser::LANGUAGE).and_then(Lang::parse);
        let accepted = head.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let lang = chosen.unwrap_or_else(|| Lang::pick(None, accepted));
        let csrf = browser.csrf(&pds);
        let mut visit = Self { pds, head, browser, lang, wanted: None, csrf, fields };
        let wanted = match visit.field(NEXT) {
            "" => visit.query(NEXT).and_then(|path| Wanted::of(&path)),
            path => Wanted::of(path),
        };
        visit.wanted = wanted;
        Ok(visit)
    }

    /// Tells whether a page of an account was wanted.
    pub(super) fn wants(&self, account: &Account) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| *wanted.did() == account.did)
    }

    /// Takes the languages that an app asks for, unless somebody has picked one.
    pub(super) fn prefer(&mut self, locales: &[syntax::Language]) {
        if browser::came(&self.pds, &self.head.headers, browser::LANGUAGE).is_none() {
            let wanted: Vec<&str> = locales.iter().map(|locale| locale.as_str()).collect();
            let accepted = self.header(&ACCEPT_LANGUAGE).map(str::to_owned);
            self.lang = Lang::pick(Some(&wanted.join(" ")), accepted.as_deref());
        }
    }

    /// Returns a field of the form; nothing if it is not there.
    pub(super) fn field(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Returns all values of a field of the form.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.fields.iter().filter(move |(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a part of the address's query.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.head.uri.query().unwrap_or_default();
        let mut found = form_urlencoded::parse(query.as_bytes());
        found.find(|(found, _)| found == name).map(|(_, value)| value)
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Counts the request among all of its address.
    fn count(&self) -> Result<(), Stop> {
        let key = Key::of_ip(oauth::ip(&self.head));
        entry::take(self, slice::from_ref(&rate::GLOBAL), &key)
    }

    /// Refuses what a browser does not ask for to show it by itself. Old ones do not say.
    fn check_look(&self) -> Result<(), Stop> {
        self.count()?;
        let said = |name: &'static str| self.header(&HeaderName::from_static(name));
        let is_page = said("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
        match is_page && said("sec-fetch-dest").is_none_or(|dest| dest == "document") {
            true => Ok(()),
            false => Err(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::NotNavigated)),
        }
    }

    /// Refuses a request that may be another site's doing.
    fn refuse(&mut self, stop: Stop) -> Outcome {
        self.browser.keep_quiet();
        Err(stop)
    }

    /// Returns where somebody goes on whose form was sent before.
    fn next(&self) -> String {
        match self.field("request") {
            "" if self.head.uri.path().starts_with(path::MOVE) => path::MOVE.to_owned(),
            "" => self.wanted.as_ref().map_or(path::ACCOUNT, Wanted::path).to_owned(),
            uri => authorize::step(path::CHOOSE, uri),
        }
    }

    /// Refuses forms that are not from a page of ours, in this browser.
    fn check_form(&self) -> Result<(), Stop> {
        self.count()?;
        let issuer = self.pds.oauth.issuer.as_str();
        let site = self.header(&HeaderName::from_static("sec-fetch-site"));
        let is_own = match (self.header(&ORIGIN), self.header(&REFERER)) {
            (Some(origin), _) => origin == issuer,
            (None, Some(from)) => {
                from.strip_prefix(issuer).is_some_and(|rest| rest.starts_with('/'))
            }
            (None, None) => false,
        };
        if !is_own || site.is_some_and(|site| site != "same-origin") {
            return Err(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::NotNavigated));
        }
        if !self.browser.came {
            return Err(Stop::bad(Trouble::CookiesOff));
        }
        let is_fresh = self.field("csrf").as_bytes().ct_eq(self.csrf.as_bytes());
        // With the secret of a moment ago nothing is done, so that its forms need not be told from others.
        if self.browser.is_passing || bool::from(is_fresh) {
            Ok(())
        } else {
            Err(Stop::bad(Trouble::FormTooOld))
        }
    }

    /// Returns what stands around a page. Signing in or out changes it.
    pub(super) fn frame<'a>(&'a self, here: Option<&'a str>) -> Frame<'a> {
        Frame { look: &self.pds.look, lang: self.lang, csrf: &self.csrf, here }
    }

    /// Notes that the browser's secret has changed.
    pub(super) fn renew(&mut self) {
        self.csrf = self.browser.csrf(&self.pds);
    }

    /// Returns the path and query of the page that is asked for.
    pub(super) fn here(&self) -> Option<&str> {
        self.head.uri.path_and_query().map(|path| path.as_str())
    }

    fn finish(&self, outcome: Outcome) -> Response<Body> {
        let mut response = match outcome {
            Ok(response) => response,
            Err(stop) => self.stopped(stop),
        };
        let headers = response.headers_mut();
        if let Some(cookie) = self.browser.cookie(&self.pds) {
            headers.append(SET_COOKIE, cookie);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        guard(headers, self.pds.oauth.issuer.as_str().starts_with("https:"));
        response
    }

    fn stopped(&self, stop: Stop) -> Response<Body> {
        let (status, trouble, detail) = match stop {
            Stop::Other(response) => return *response,
            Stop::Trouble(status, trouble) => (status, trouble, None),
            Stop::Detailed(status, trouble, detail) => (status, trouble, Some(detail)),
            Stop::Fault(Fault::Refused(refusal)) => {
                let detail = refusal.message().to_owned();
                let is_often = refusal.name() == "RateLimitExceeded";
                let trouble = if is_often { Trouble::TooManyTries } else { Trouble::Broken };
                (refusal.into_response().status(), trouble, Some(detail))
            }
            Stop::Fault(Fault::Internal(error)) => {
                tracing::error!(error = chain(&*error), "a page could not be made");
                (StatusCode::INTERNAL_SERVER_ERROR, Trouble::Broken, None)
            }
        };
        let detail = detail.as_deref().map(Sentence::from);
        let page =
            TroublePage { frame: self.frame(None), trouble, app: None, app_website: None, detail };
        shown(status, &page)
    }
}

/// Makes the response with a page.
pub(super) fn shown(status: StatusCode, page: &impl Page) -> Response<Body> {
    let mut response = Response::new(Body::from(page.render()));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// Makes the response with a page that was asked for.
pub(super) fn page(page: &impl Page) -> Outcome {
    Ok(shown(StatusCode::OK, page))
}

/// Makes the response with a form that has to be corrected.
pub(super) fn again(page: &impl Page) -> Outcome {
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, page))
}

/// Leads the browser on, by `GET`.
pub(super) fn see(location: &str) -> Outcome {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(location);
    let location = location.map_err(|_| Stop::bad(Trouble::BadRedirect))?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Writes what browsers have to know to keep others out of a page.
fn guard(headers: &mut HeaderMap, is_secure: bool) {
    let policy = pages::CONTENT_SECURITY_POLICY;
    if is_secure {
        let policy = format!("{policy}; upgrade-insecure-requests");
        let policy = HeaderValue::try_from(policy).expect("policies are ASCII");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        let always = HeaderValue::from_static("max-age=63072000");
        headers.insert(STRICT_TRANSPORT_SECURITY, always);
    } else {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    for (name, value) in [
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_XSS_PROTECTION, "0"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "credentialless"),
        (HeaderName::from_static("permissions-policy"), "otp-credentials=*"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Picks another language, and leads back.
pub(super) async fn language(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let lang = Lang::parse(visit.field("lang")).unwrap_or_default();
        let back = visit.field("back");
        let is_path = back.starts_with('/')
            && !back.starts_with("//")
            && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let mut response = see(if is_path { back } else { path::ACCOUNT })?;
        let cookie = browser::cookie(&visit.pds, browser::LANGUAGE, lang.tag());
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    })
    .await
}
