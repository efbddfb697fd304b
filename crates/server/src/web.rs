//! What people see in a browser: signing in, letting apps in, and their accounts.
//!
//! A page is made in the crate `pages`; here it is decided which one, and what becomes of its forms.
//! Whoever posts a form has to come from a page of ours, in the browser that it was made for: see
//! [`Visit`].

mod account;
mod authorize;
mod browser;
mod entry;
mod moving;
mod pending;
mod visit;
mod wanted;

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use pages::authorize::Trouble;
use pages::{Color, Image, Link, Look, path};

use crate::config::Config;
use crate::pds::Pds;
pub(crate) use crate::web::browser::COOKIE_TIME;
pub(crate) use crate::web::pending::Pending;
use crate::web::visit::{Stop, Visit};
use crate::web::wanted::Wanted;

/// Makes the router of all pages.
pub(crate) fn router() -> Router<Pds> {
    Router::new()
        .merge(authorize::router())
        .merge(account::router())
        .merge(moving::router())
        .route("/assets/{file}", get(asset))
        .route(path::LANGUAGE, post(visit::language))
        .route("/.well-known/change-password", get(change_password))
        .method_not_allowed_fallback(lead_back)
}

/// Leads somebody back who asks for what only forms are sent to: they have reloaded the page that answered
/// one, or gone back to it.
async fn lead_back(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = Response::new(Body::from("Method Not Allowed"));
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return response;
    }
    visit::look(pds, request, async |visit| visit::see(&page_of_form(visit)?)).await
}

/// Returns the page that leads on from where a form was sent to.
fn page_of_form(visit: &Visit) -> Result<String, Stop> {
    let asked = visit.head.uri.path();
    let form = if asked.ends_with(path::CODE_AGAIN) { path::CODE } else { path::CHOOSE };
    if asked.starts_with(path::AUTHORIZE) {
        // Which request it is was in the form, unless it is in the address.
        let uri = visit.query("request").ok_or(Stop::bad(Trouble::RequestExpired))?;
        return Ok(authorize::step(form, &uri));
    }
    if asked.starts_with(path::MOVE) {
        return Ok(path::MOVE.to_owned());
    }
    match Wanted::of(asked) {
        Some(wanted) => Ok(wanted.path().to_owned()),
        None if form == path::CODE => Ok(entry::to(visit, None, form)),
        None => Ok(path::ACCOUNT.to_owned()),
    }
}

/// Returns how the server shows itself, by the settings.
pub(crate) fn look(config: &Config, host: &str) -> Look {
    let branding = &config.branding;
    let link = |uri: &syntax::Uri| Link::parse(uri.as_str()).map(Link::into_owned);
    let image = |uri: &syntax::Uri| Image::parse(uri.as_str()).map(Image::into_owned);
    let color = branding.primary_color.as_ref().and_then(|color| Color::parse(color.as_str()));
    Look {
        logo: branding.logo_url.as_ref().and_then(image),
        home: branding.home_url.as_ref().and_then(link),
        support: branding.support_url.as_ref().and_then(link),
        privacy: config.privacy_policy_url.as_ref().and_then(link),
        terms: config.terms_of_service_url.as_ref().and_then(link),
        assets: pages::Assets::new(color),
        ..Look::new(branding.name.clone().unwrap_or_else(|| host.to_owned()))
    }
}

/// `/assets/…`: a file that pages need. Its name has its hash, so that it never changes.
async fn asset(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    let Some(asset) = pds.look.assets.find(request.uri().path()) else {
        let mut response = Response::new(Body::from("Not Found"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(Body::from(asset.bytes().to_vec()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type()));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(CACHE_CONTROL, forever);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// `/.well-known/change-password`: where password managers lead people.
async fn change_password() -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path::RESET));
    Ok(response)
}
