//! Clients: who they are, and what they say of themselves.
//!
//! Nobody registers. A client is a URL, behind which a document says where answers go and what may
//! be asked for; a client that is being developed is `http://localhost`, and its document follows
//! from that. What a document says is its author's word: only the id is known to be true.
//!
//! Nothing here fetches anything: [`DOCUMENT_BYTES_MAX`] is for those who do.
//!
//! Spec: <https://atproto.com/specs/oauth#clients>

mod document;
mod id;
mod redirect_uri;

use crypto::Curve;
use url::Url;

pub use crate::client::document::{ClientError, DOCUMENT_BYTES_MAX};
pub use crate::client::id::{ClientId, ClientIdError, Hosts, Loopback};
pub use crate::client::redirect_uri::{RedirectUri, RedirectUriError};
use crate::jose::JwkSet;

/// What a client says of itself, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Who it is.
    pub id: ClientId,
    /// What it calls itself: the client's word, for people who have reason to trust it.
    pub name: Option<String>,
    /// A page about it, at its own origin.
    pub page: Option<Url>,
    /// A picture of it. Shown as little as the name is.
    pub logo: Option<Url>,
    /// Its terms of service.
    pub terms: Option<Url>,
    /// What it does with people's data.
    pub policy: Option<Url>,
    /// What it may ask for, value by value, as it is written. Values that are not known here are
    /// among them.
    pub scope: Vec<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Whether it runs in a browser or on a device.
    pub kind: ClientKind,
    /// Whether it wants refresh tokens.
    pub refreshes: bool,
    /// How it proves who it is.
    pub auth: AuthMethod,
}

/// Where a client runs, `application_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// In a browser, or on a server.
    Web,
    /// On a device of its user.
    Native,
}

/// How a client proves who it is, `token_endpoint_auth_method`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthMethod {
    /// It does not: the client is public.
    None,
    /// By a token that is signed with one of its keys: the client is confidential.
    PrivateKeyJwt {
        /// The curve of the keys that it signs with, which is the algorithm.
        curve: Curve,
        /// Its keys.
        keys: KeySource,
    },
}

/// Where the keys of a client are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In its document.
    Inline(JwkSet),
    /// Behind a URL, which has to be asked for as the document was.
    At(Url),
}

impl Client {
    /// Tells whether the client can prove who it is.
    ///
    /// Anybody can pretend to be one that cannot: for those the owner is asked each time, and their
    /// sessions are short.
    pub fn is_confidential(&self) -> bool {
        matches!(self.auth, AuthMethod::PrivateKeyJwt { .. })
    }

    /// Tells whether what an owner has agreed to is kept for the next time. A client that is being
    /// developed is a different one each time.
    pub fn is_remembered(&self) -> bool {
        matches!(self.id, ClientId::Discoverable(_))
    }

    /// Returns about how many bytes of memory this takes.
    pub fn bytes(&self) -> usize {
        const EACH: usize = 64;
        let scopes = self.scope.iter().map(|scope| scope.len() + EACH).sum::<usize>();
        let addresses =
            self.redirect_uris.iter().map(|uri| uri.as_str().len() + EACH).sum::<usize>();
        let keys = match &self.auth {
            AuthMethod::PrivateKeyJwt { keys: KeySource::Inline(keys), .. } => keys.iter().count(),
            AuthMethod::PrivateKeyJwt { .. } | AuthMethod::None => 0,
        };
        // Links, names and the id are bounded, each key has a few hundred bytes.
        8 * 1024 + scopes + addresses + keys * 512
    }

    /// Returns the way by which an answer reaches a client that names this address, if it is one of
    /// its own.
    pub fn redirect_uri(&self, requested: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|registered| registered.matches(requested))
    }
}
