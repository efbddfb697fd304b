//! What a client asks for, before anybody is asked: the parameters of a pushed request, checked.
//!
//! A checked request is kept as JSON until its owner has decided. The client is authenticated
//! before; which permission sets there are is looked up after.
//!
//! Specs: RFC 9126, <https://atproto.com/specs/oauth#authorization-requests>

mod answer;

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syntax::{AtIdentifier, AtIdentifierError, Language};
use thiserror::Error;

use crate::assertion::{AssertionError, ClientAuth};
use crate::client::{Client, ClientId};
use crate::error::{ErrorCode, Refusal};
use crate::jose::Thumbprint;
use crate::parameters::{ParameterError, Parameters};
use crate::pkce::{CodeChallenge, PkceError};
pub use crate::request::answer::{Answer, Redirect};
use crate::scope::{Scope, Scopes};

/// The most bytes of `state`, which has to fit into an address with everything else.
const STATE_BYTES_MAX: usize = 2048;
/// The most languages that are looked at.
const LANGUAGES_MAX: usize = 16;
/// Parameters that ask for what is not there. To look past them would answer something else.
const UNSUPPORTED: [&str; 6] =
    ["request", "request_uri", "nonce", "claims", "id_token_hint", "authorization_details"];

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// How it has proven that.
    pub auth: ClientAuth,
    /// Where the answer goes, as the client has written it.
    pub redirect_uri: String,
    /// In which way the answer goes there.
    pub response_mode: ResponseMode,
    /// What it wants to do.
    #[serde(serialize_with = "write_scopes", deserialize_with = "read_scopes")]
    pub scope: Scopes,
    /// What the client wants to see again in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What the client has to know the origin of, to get tokens.
    pub code_challenge: CodeChallenge,
    /// Whose account it is about, if the client knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<AtIdentifier>,
    /// What the owner has to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// What kind of window the pages are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// The languages that the pages should be in, the best one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales: Vec<Language>,
    /// How long ago the owner may have signed in, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
    /// The key that the tokens have to be for, if the client has named one already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<Thumbprint>,
}

/// In which way an answer goes to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of its address.
    Query,
    /// In the fragment of its address, which only the page there sees.
    Fragment,
    /// In a form that the browser posts to its address.
    FormPost,
}

/// What the owner of an account has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Nothing.
    None,
    /// Their password.
    Login,
    /// Whether they agree.
    Consent,
    /// Which of their accounts it is about.
    SelectAccount,
    /// Whether they want an account.
    Create,
}

/// What kind of window the pages are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Display {
    /// The whole window of a browser.
    Page,
    /// A small window above another.
    Popup,
    /// A device that is touched.
    Touch,
}

/// Says why a client may not ask for something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// A parameter is missing, there twice, or not a text.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A parameter asks for what is not there.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// Something else than a code is asked for.
    #[error("response_type is not \"code\"")]
    ResponseType,
    /// The request is that of another client than has authenticated.
    #[error("client_id is not that of the client that has authenticated")]
    OtherClient,
    /// There is no scope.
    #[error("scope is missing")]
    NoScope,
    /// The client asks for what it has not announced.
    #[error("scope has \"{0}\", which is not in scope of the client metadata")]
    UnregisteredScope(String),
    /// The answer should go where the client has not said that answers may go.
    #[error("redirect_uri is none of redirect_uris of the client metadata")]
    RedirectUri,
    /// The code could be used by others.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// The client does not ask for what every client needs.
    #[error("scope lacks \"atproto\"")]
    NoAtproto,
    /// The client takes this for OpenID Connect.
    #[error("scope has \"openid\", which is not supported")]
    OpenId,
    /// There is no such way for an answer to go.
    #[error("response_mode is not one of query, fragment and form_post")]
    ResponseMode,
    /// What the client wants to see again is too long for an address.
    #[error("state is longer than {STATE_BYTES_MAX} bytes")]
    State,
    /// The owner cannot be asked that.
    #[error("prompt is not one of none, login, consent, select_account and create")]
    Prompt,
    /// There is no such kind of window.
    #[error("display is not one of page, popup and touch")]
    Display,
    /// It is not an account that is hinted at.
    #[error("login_hint is neither a handle nor a DID")]
    LoginHint(#[source] AtIdentifierError),
    /// It is not a time.
    #[error("max_age is not a number of seconds")]
    MaxAge,
    /// It is not the thumbprint of a key.
    #[error("dpop_jkt is not a SHA-256 thumbprint in base64url")]
    Thumbprint,
    /// The key that is named has not signed the proof.
    #[error("dpop_jkt is not the thumbprint of the key of the DPoP proof")]
    OtherKey,
    /// One key for two purposes.
    #[error(transparent)]
    SameKey(AssertionError),
}

impl Refusal for RequestError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ResponseType => ErrorCode::UnsupportedResponseType,
            Self::NoScope | Self::UnregisteredScope(_) | Self::NoAtproto | Self::OpenId => {
                ErrorCode::InvalidScope
            }
            Self::SameKey(err) => err.code(),
            _ => ErrorCode::InvalidRequest,
        }
    }
}

impl AuthorizationRequest {
    /// Checks what a client asks for, after it has authenticated.
    ///
    /// `proof` is the key that has proven its possession, if one has. Whether the permission sets
    /// among the scopes can be had is for the caller to see.
    ///
    /// # Errors
    ///
    /// [`RequestError`] with the first thing that is wrong.
    pub fn new(
        parameters: &Parameters,
        client: &Client,
        auth: ClientAuth,
        proof: Option<Thumbprint>,
    ) -> Result<Self, RequestError> {
        if let Some(name) = UNSUPPORTED.into_iter().find(|name| parameters.has(name)) {
            return Err(RequestError::Unsupported(name));
        }
        if parameters.required("response_type")? != "code" {
            return Err(RequestError::ResponseType);
        }
        if parameters.required("client_id")? != client.id.as_str() {
            return Err(RequestError::OtherClient);
        }
        let asked = parameters.text("scope")?.ok_or(RequestError::NoScope)?;
        check_registered(asked, client)?;
        let redirect_uri = parameters.required("redirect_uri")?;
        client.redirect_uri(redirect_uri).ok_or(RequestError::RedirectUri)?;
        let code_challenge = CodeChallenge::read(
            parameters.text("code_challenge")?,
            parameters.text("code_challenge_method")?,
        )?;
        let scope = Scopes::parse(asked);
        if !scope.has_atproto() {
            return Err(RequestError::NoAtproto);
        }
        if asked.split(' ').any(|value| value == "openid") {
            return Err(RequestError::OpenId);
        }
        let state = parameters.text("state")?;
        if state.is_some_and(|state| state.len() > STATE_BYTES_MAX) {
            return Err(RequestError::State);
        }
        Ok(Self {
            client_id: client.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            response_mode: read_response_mode(parameters)?,
            scope,
            state: state.map(str::to_owned),
            code_challenge,
            prompt: read_prompt(parameters)?,
            display: read_display(parameters)?,
            login_hint: read_login_hint(parameters)?,
            ui_locales: read_languages(parameters)?,
            max_age_s: read_max_age(parameters)?,
            dpop_jkt: read_key(parameters, &auth, proof)?,
            auth,
        })
    }
}

/// Checks that a client has announced each value that it asks for: as it is written, or in another
/// way of writing the same.
fn check_registered(asked: &str, client: &Client) -> Result<(), RequestError> {
    let mut registered = None;
    // Both sides may be long, and somebody else's: each value is looked at once.
    let announced: HashSet<&str> = client.scope.iter().map(String::as_str).collect();
    let asked: HashSet<&str> = asked.split(' ').filter(|value| !value.is_empty()).collect();
    for value in asked {
        if announced.contains(value) {
            continue;
        }
        let registered = registered.get_or_insert_with(|| Scopes::parse(&client.scope.join(" ")));
        if !Scope::parse(value).is_ok_and(|scope| registered.contains(&scope)) {
            return Err(RequestError::UnregisteredScope(value.to_owned()));
        }
    }
    Ok(())
}

fn read_response_mode(parameters: &Parameters) -> Result<ResponseMode, RequestError> {
    match parameters.text("response_mode")? {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("fragment") => Ok(ResponseMode::Fragment),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(RequestError::ResponseMode),
    }
}

fn read_prompt(parameters: &Parameters) -> Result<Option<Prompt>, RequestError> {
    match parameters.text("prompt")? {
        None => Ok(None),
        Some("none") => Ok(Some(Prompt::None)),
        Some("login") => Ok(Some(Prompt::Login)),
        Some("consent") => Ok(Some(Prompt::Consent)),
        Some("select_account") => Ok(Some(Prompt::SelectAccount)),
        Some("create") => Ok(Some(Prompt::Create)),
        Some(_) => Err(RequestError::Prompt),
    }
}

fn read_display(parameters: &Parameters) -> Result<Option<Display>, RequestError> {
    match parameters.text("display")? {
        None => Ok(None),
        // A telephone of former times, which the standard has as well.
        Some("page" | "wap") => Ok(Some(Display::Page)),
        Some("popup") => Ok(Some(Display::Popup)),
        Some("touch") => Ok(Some(Display::Touch)),
        Some(_) => Err(RequestError::Display),
    }
}

fn read_login_hint(parameters: &Parameters) -> Result<Option<AtIdentifier>, RequestError> {
    let hint = parameters.text("login_hint")?.map(AtIdentifier::parse);
    hint.transpose().map_err(RequestError::LoginHint)
}

/// Reads the languages. They are a wish, so that what is not one is no fault.
fn read_languages(parameters: &Parameters) -> Result<Vec<Language>, RequestError> {
    let tags = parameters.text("ui_locales")?.unwrap_or_default().split(' ');
    Ok(tags.filter_map(|tag| Language::parse(tag).ok()).take(LANGUAGES_MAX).collect())
}

fn read_max_age(parameters: &Parameters) -> Result<Option<u64>, RequestError> {
    let Some(text) = parameters.text("max_age")? else { return Ok(None) };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let age = text.parse().ok().filter(|_| is_number);
    age.map(Some).ok_or(RequestError::MaxAge)
}

/// Finds out which key the tokens will be for, and that it is not used for anything else.
fn read_key(
    parameters: &Parameters,
    auth: &ClientAuth,
    proof: Option<Thumbprint>,
) -> Result<Option<Thumbprint>, RequestError> {
    let named = parameters.text("dpop_jkt")?.map(str::parse::<Thumbprint>).transpose();
    let named = named.map_err(|_| RequestError::Thumbprint)?;
    if let (Some(named), Some(proof)) = (named, proof)
        && named != proof
    {
        return Err(RequestError::OtherKey);
    }
    let key = named.or(proof);
    if let Some(key) = key {
        auth.check_proof_key(key).map_err(RequestError::SameKey)?;
    }
    Ok(key)
}

fn write_scopes<S: Serializer>(scopes: &Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scopes)
}

fn read_scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scopes, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    Ok(Scopes::parse(&text))
}

#[cfg(test)]
mod tests;
