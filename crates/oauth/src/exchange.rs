//! What a client sends to get tokens, or to be rid of them.
//!
//! The order in which things are looked at matters: the proof and its nonce, then who the client
//! is, and only then is the code or token used up. [`AuthorizationRequest::check_exchange`] is for
//! afterwards: a code that comes with anything wrong is lost.
//!
//! Specs: RFC 6749, RFC 7009

use thiserror::Error;

use crate::assertion::{AssertionError, ClientAuth};
use crate::client::{Client, ClientId};
use crate::error::{ErrorCode, Refusal};
use crate::jose::Thumbprint;
use crate::lifetime::RefreshError;
use crate::parameters::{ParameterError, Parameters};
use crate::pkce::PkceError;
use crate::request::AuthorizationRequest;
use crate::scope::Scopes;
use crate::token::{AuthorizationCode, RefreshToken};

/// What a client sends to get tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// A code, and what shows that it is its own.
    Code {
        /// The code.
        code: AuthorizationCode,
        /// Where the code went to.
        redirect_uri: String,
        /// What the challenge was made of.
        code_verifier: Option<String>,
    },
    /// A refresh token.
    Refresh {
        /// The token.
        token: RefreshToken,
        /// What the client wants to do from now on.
        scope: Option<Scopes>,
    },
}

/// What a client wants to be rid of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// A refresh token, and what was given out with it.
    Refresh(RefreshToken),
    /// Maybe an access token, and what was given out with it. Nothing of it is checked.
    Other(String),
}

/// Says why a client gets no tokens.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExchangeError {
    /// A parameter is missing, there twice, or not a text.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// There are no tokens for such a thing.
    #[error("grant_type is neither authorization_code nor refresh_token")]
    GrantType,
    /// The client has not said that it would refresh tokens.
    #[error("grant_types of the client metadata lacks \"refresh_token\"")]
    UnannouncedGrant,
    /// There is no such code, or not any more.
    #[error("code is not known, or not any more")]
    UnknownCode,
    /// The code has come before: what it was used for is over.
    #[error("code was used before")]
    ReplayedCode,
    /// The code was not used in time.
    #[error("code has expired")]
    ExpiredCode,
    /// The code or token was given to another client.
    #[error("code or token was given to another client")]
    OtherClient,
    /// The code went to another place.
    #[error("redirect_uri is not that of the authorization request")]
    RedirectUri,
    /// The verifier is not the one of the challenge.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// The key is not the one that was named before.
    #[error("key of the DPoP proof is not the one that the code or token is bound to")]
    OtherKey,
    /// The client has authenticated in another way.
    #[error(transparent)]
    Auth(#[from] AssertionError),
    /// The refresh token gets nothing.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// More is asked for than was granted.
    #[error("scope has more than was granted")]
    Scope,
}

impl Refusal for ExchangeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Parameter(err) => err.code(),
            Self::GrantType => ErrorCode::UnsupportedGrantType,
            Self::UnannouncedGrant => ErrorCode::UnauthorizedClient,
            Self::UnknownCode
            | Self::ReplayedCode
            | Self::ExpiredCode
            | Self::OtherClient
            | Self::RedirectUri
            | Self::OtherKey => ErrorCode::InvalidGrant,
            Self::Pkce(err) => err.code(),
            Self::Auth(err) => err.code(),
            Self::Refresh(err) => err.code(),
            Self::Scope => ErrorCode::InvalidScope,
        }
    }
}

impl TokenRequest {
    /// Reads what a client sends to get tokens.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] if something is missing, or if no token of ours can be meant.
    pub fn read(parameters: &Parameters) -> Result<Self, ExchangeError> {
        match parameters.required("grant_type")? {
            "authorization_code" => {
                let code = AuthorizationCode::parse(parameters.required("code")?);
                Ok(Self::Code {
                    code: code.ok_or(ExchangeError::UnknownCode)?,
                    redirect_uri: parameters.required("redirect_uri")?.to_owned(),
                    code_verifier: parameters.text("code_verifier")?.map(str::to_owned),
                })
            }
            "refresh_token" => {
                let token = RefreshToken::parse(parameters.required("refresh_token")?);
                let token = token.ok_or(RefreshError::Unknown)?;
                Ok(Self::Refresh { token, scope: parameters.text("scope")?.map(Scopes::parse) })
            }
            _ => Err(ExchangeError::GrantType),
        }
    }

    /// Checks that a client has said that it would ask for tokens in this way.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::UnannouncedGrant`] if it has not.
    pub fn check_announced(&self, client: &Client) -> Result<(), ExchangeError> {
        match self {
            Self::Refresh { .. } if !client.refreshes => Err(ExchangeError::UnannouncedGrant),
            Self::Refresh { .. } | Self::Code { .. } => Ok(()),
        }
    }
}

/// What is known of who a session belongs to, and of who comes with something of it.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The client.
    pub client_id: &'a ClientId,
    /// How it has proven that.
    pub auth: &'a ClientAuth,
    /// The key that has proven its possession.
    pub jkt: Thumbprint,
}

impl Holder<'_> {
    /// Checks that who comes now is who something was given to. If not, nothing is to be ended:
    /// anybody may have found a token.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] if it is another client, or one with other keys.
    pub fn check_same(&self, now: &Holder<'_>) -> Result<(), ExchangeError> {
        if self.client_id != now.client_id {
            return Err(ExchangeError::OtherClient);
        }
        self.auth.check_same(now.auth)?;
        if self.jkt != now.jkt {
            return Err(ExchangeError::OtherKey);
        }
        Ok(())
    }
}

impl AuthorizationRequest {
    /// Checks that a code comes from the client whose request this was. `redirect_uri` and
    /// `code_verifier` are what came with it.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] with the first thing that is wrong.
    pub fn check_exchange(
        &self,
        holder: &Holder<'_>,
        redirect_uri: &str,
        code_verifier: Option<&str>,
    ) -> Result<(), ExchangeError> {
        if self.client_id != *holder.client_id {
            return Err(ExchangeError::OtherClient);
        }
        self.auth.check_same(holder.auth)?;
        if self.redirect_uri != redirect_uri {
            return Err(ExchangeError::RedirectUri);
        }
        self.code_challenge.verify(code_verifier)?;
        if self.dpop_jkt.is_some_and(|bound| bound != holder.jkt) {
            return Err(ExchangeError::OtherKey);
        }
        Ok(holder.auth.check_proof_key(holder.jkt)?)
    }
}

/// Checks that a client does not ask for more than was granted when it refreshes a token. It gets
/// what was granted, whatever it asks for.
///
/// # Errors
///
/// [`ExchangeError::Scope`] if it does.
pub fn check_scope(asked: Option<&Scopes>, granted: &Scopes) -> Result<(), ExchangeError> {
    let is_within = asked.is_none_or(|asked| asked.is_subset_of(granted));
    if is_within { Ok(()) } else { Err(ExchangeError::Scope) }
}

impl Revocation {
    /// Reads what a client wants to be rid of. What it takes it for is not looked at.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if there is nothing.
    pub fn read(parameters: &Parameters) -> Result<Self, ParameterError> {
        let token = parameters.required("token")?;
        let other = || Self::Other(token.to_owned());
        Ok(RefreshToken::parse(token).map_or_else(other, Self::Refresh))
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use serde_json::json;

    use super::*;
    use crate::client::Hosts;
    use crate::testing::{self, Key};

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const REDIRECT_URI: &str = "https://app.example.com/cb";

    fn form(form: &str) -> Parameters {
        Parameters::from_form(form.as_bytes()).unwrap()
    }

    fn jkt(seed: u8) -> Thumbprint {
        Key::new(Curve::P256, seed).jwk().thumbprint()
    }

    fn auth(seed: u8) -> ClientAuth {
        let (alg, kid) = ("ES256".to_owned(), "a".to_owned());
        ClientAuth::PrivateKeyJwt { alg, kid, jkt: jkt(seed) }
    }

    #[test]
    fn a_request_for_tokens_says_what_for() {
        let (code, token) =
            (AuthorizationCode::from_random([1; 32]), RefreshToken::from_random([2; 32]));
        let read = |text: &str| TokenRequest::read(&form(text));
        let text = format!(
            "grant_type=authorization_code&code={}&redirect_uri=a&code_verifier=b&refresh_token=",
            code.expose()
        );
        assert_eq!(
            read(&text).unwrap(),
            TokenRequest::Code {
                code,
                redirect_uri: "a".to_owned(),
                code_verifier: Some("b".to_owned()),
            }
        );
        let text = format!("grant_type=refresh_token&code=&refresh_token={}", token.expose());
        let request = read(&text).unwrap();
        assert_eq!(request, TokenRequest::Refresh { token, scope: None });
        assert_eq!(request.check_announced(&testing::public_client()), Ok(()));
        let fault = request.check_announced(&testing::confidential_client()).unwrap_err();
        assert_eq!(fault.code(), ErrorCode::UnauthorizedClient);

        let missing = |name| ExchangeError::from(ParameterError::Missing(name));
        let unknown = ExchangeError::from(RefreshError::Unknown);
        for (text, fault, code) in [
            ("", missing("grant_type"), ErrorCode::InvalidRequest),
            ("grant_type=password", ExchangeError::GrantType, ErrorCode::UnsupportedGrantType),
            ("grant_type=authorization_code", missing("code"), ErrorCode::InvalidRequest),
            (
                "grant_type=authorization_code&code=a",
                ExchangeError::UnknownCode,
                ErrorCode::InvalidGrant,
            ),
            ("grant_type=refresh_token", missing("refresh_token"), ErrorCode::InvalidRequest),
            ("grant_type=refresh_token&refresh_token=a", unknown, ErrorCode::InvalidGrant),
        ] {
            let found = read(text).unwrap_err();
            assert_eq!((&found, found.code()), (&fault, code), "{text}");
        }
        let text = format!("grant_type=authorization_code&code={}", code.expose());
        assert_eq!(read(&text), Err(missing("redirect_uri")));
    }

    fn request() -> AuthorizationRequest {
        let json = json!({
            "client_id": testing::CLIENT_ID, "response_type": "code", "scope": "atproto",
            "redirect_uri": REDIRECT_URI, "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        });
        let parameters = Parameters::from_json(json.to_string().as_bytes()).unwrap();
        let client = testing::confidential_client();
        AuthorizationRequest::new(&parameters, &client, auth(1), Some(jkt(2))).unwrap()
    }

    #[test]
    fn a_code_is_good_for_who_has_asked_for_it() {
        let request = request();
        let other = ClientId::parse("https://other.example.com/c", Hosts::Public).unwrap();
        let (own, strange) = (auth(1), auth(3));
        let holder = Holder { client_id: &request.client_id, auth: &own, jkt: jkt(2) };
        let no_challenge = |verifier| (holder, REDIRECT_URI, verifier);
        for ((holder, redirect_uri, verifier), expected) in [
            ((holder, REDIRECT_URI, Some(VERIFIER)), Ok(())),
            (
                (Holder { client_id: &other, ..holder }, REDIRECT_URI, Some(VERIFIER)),
                Err(ExchangeError::OtherClient),
            ),
            (
                (Holder { auth: &strange, ..holder }, REDIRECT_URI, Some(VERIFIER)),
                Err(AssertionError::Other.into()),
            ),
            (
                (Holder { auth: &ClientAuth::None, ..holder }, REDIRECT_URI, Some(VERIFIER)),
                Err(AssertionError::Other.into()),
            ),
            (
                (holder, "https://app.example.com/cb?a", Some(VERIFIER)),
                Err(ExchangeError::RedirectUri),
            ),
            (no_challenge(Some(CHALLENGE)), Err(PkceError::Mismatch.into())),
            (no_challenge(None), Err(PkceError::NoVerifier.into())),
            (
                (Holder { jkt: jkt(4), ..holder }, REDIRECT_URI, Some(VERIFIER)),
                Err(ExchangeError::OtherKey),
            ),
        ] {
            assert_eq!(request.check_exchange(&holder, redirect_uri, verifier), expected);
        }
        // Where no key was named, any will do but the one that the client authenticates with.
        let unbound = AuthorizationRequest { dpop_jkt: None, ..request.clone() };
        let check = |jkt| {
            let holder = Holder { jkt, ..holder };
            unbound.check_exchange(&holder, REDIRECT_URI, Some(VERIFIER))
        };
        assert_eq!(check(jkt(4)), Ok(()));
        assert_eq!(check(jkt(1)), Err(AssertionError::SameKey.into()));
    }

    #[test]
    fn a_session_goes_on_with_who_has_begun_it() {
        let id = |text| ClientId::parse(text, Hosts::Public).unwrap();
        let (own, other) = (id(testing::CLIENT_ID), id("https://other.example.com/c"));
        let (first, second) = (auth(1), auth(3));
        let holder = Holder { client_id: &own, auth: &first, jkt: jkt(2) };
        assert_eq!(holder.check_same(&holder), Ok(()));
        for (now, fault) in [
            (Holder { client_id: &other, ..holder }, ExchangeError::OtherClient),
            (Holder { auth: &second, ..holder }, AssertionError::Other.into()),
            (Holder { auth: &ClientAuth::None, ..holder }, AssertionError::Other.into()),
            (Holder { jkt: jkt(4), ..holder }, ExchangeError::OtherKey),
        ] {
            assert_eq!(holder.check_same(&now), Err(fault));
        }
    }

    #[test]
    fn a_refresh_does_not_bring_more() {
        let granted = Scopes::parse("atproto repo:com.example.a");
        for (asked, is_within) in [
            (None, true),
            (Some("atproto"), true),
            (Some("atproto repo:com.example.a?action=create"), true),
            (Some("atproto repo:*"), false),
            (Some("atproto repo:com.example.a transition:generic"), false),
        ] {
            let asked = asked.map(Scopes::parse);
            assert_eq!(check_scope(asked.as_ref(), &granted).is_ok(), is_within, "{asked:?}");
        }
    }

    #[test]
    fn anything_can_be_revoked() {
        let token = RefreshToken::from_random([2; 32]);
        let read = |text: &str| Revocation::read(&form(text));
        let text = format!("token={}&token_type_hint=access_token", token.expose());
        assert_eq!(read(&text), Ok(Revocation::Refresh(token)));
        assert_eq!(read("token=a.b.c"), Ok(Revocation::Other("a.b.c".to_owned())));
        assert_eq!(read("token="), Err(ParameterError::Missing("token")));
    }
}
