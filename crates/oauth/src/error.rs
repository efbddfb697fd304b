//! The names of errors that clients are told, and what is said beside them.

use std::error::Error;
use std::fmt;

/// The most characters of a description. They go into headers and addresses.
const DESCRIPTION_CHARS_MAX: usize = 400;

/// The name of an error, as RFC 6749, RFC 9449, RFC 9126 and OpenID Connect have it.
///
/// Clients act on it; what stands beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Something of the request is missing, malformed, or there twice.
    InvalidRequest,
    /// It is not known who the client is, or not proven.
    InvalidClient,
    /// The code or refresh token is not good, or not for this client.
    InvalidGrant,
    /// This client may not ask for this.
    UnauthorizedClient,
    /// `grant_type` is none that there is.
    UnsupportedGrantType,
    /// `response_type` is not `code`.
    UnsupportedResponseType,
    /// What is asked for is malformed, or not what the client said that it would ask for.
    InvalidScope,
    /// The owner of the account, or this server, has said no.
    AccessDenied,
    /// Nobody is signed in, and the client does not want anybody to be asked.
    LoginRequired,
    /// The owner has to agree, and the client does not want anybody to be asked.
    ConsentRequired,
    /// There is more than one account, and the client does not want anybody to be asked.
    AccountSelectionRequired,
    /// Something is broken here.
    ServerError,
    /// Try again later.
    TemporarilyUnavailable,
    /// The proof of possession lacks a nonce of ours that is still good.
    UseDpopNonce,
    /// The proof of possession does not hold.
    InvalidDpopProof,
    /// The access token is not good, or not any more.
    InvalidToken,
}

/// Who answers: this server has two faces at one origin, and clients look for other things at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// Where tokens are had: pushed requests, codes, refreshes, revocations.
    Authorization,
    /// Where tokens are used.
    Resource,
}

/// Something that a client asked for and does not get.
pub trait Refusal: Error {
    /// Returns the name of the error that the client is told.
    fn code(&self) -> ErrorCode;

    /// Says what is wrong, for whoever develops the client.
    ///
    /// Text of the client's may be part of it, so that it is bounded, and has those characters only
    /// that `error_description` may have (RFC 6749, appendix A.8): it can stand in a quoted header.
    fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        let plain = |char| match char {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => char,
            _ => '?',
        };
        text.chars().map(plain).take(DESCRIPTION_CHARS_MAX).collect()
    }
}

impl ErrorCode {
    /// Returns the status of HTTP that belongs to it.
    ///
    /// Clients ask again with a nonce after a 400 where tokens are had, and after a 401 where they
    /// are used.
    pub const fn status(self, face: Face) -> u16 {
        match (self, face) {
            (Self::ServerError, _) => 500,
            (Self::TemporarilyUnavailable, _) => 503,
            (Self::UseDpopNonce | Self::InvalidDpopProof | Self::InvalidToken, Face::Resource) => {
                401
            }
            _ => 400,
        }
    }

    /// Returns the name as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InvalidToken => "invalid_token",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("{0}")]
    struct Outer(String, #[source] Inner);

    #[derive(Debug, Error)]
    #[error("inner")]
    struct Inner;

    impl Refusal for Outer {
        fn code(&self) -> ErrorCode {
            ErrorCode::InvalidRequest
        }
    }

    #[test]
    fn descriptions_have_no_character_that_ends_a_quoted_text() {
        for (text, expected) in [
            ("scope is \"é\" \\", "scope is '?' /: inner"),
            ("a\r\nSet-Cookie: b", "a??Set-Cookie: b: inner"),
        ] {
            assert_eq!(Outer(text.to_owned(), Inner).explain(), expected);
        }
        assert_eq!(Outer("x".repeat(10_000), Inner).explain().len(), DESCRIPTION_CHARS_MAX);
    }

    #[test]
    fn each_face_has_the_status_that_clients_look_for() {
        for (code, authorization, resource) in [
            (ErrorCode::UseDpopNonce, 400, 401),
            (ErrorCode::InvalidDpopProof, 400, 401),
            (ErrorCode::InvalidToken, 400, 401),
            (ErrorCode::InvalidClient, 400, 400),
            (ErrorCode::InvalidGrant, 400, 400),
            (ErrorCode::ServerError, 500, 500),
            (ErrorCode::TemporarilyUnavailable, 503, 503),
        ] {
            assert_eq!(code.status(Face::Authorization), authorization, "{code}");
            assert_eq!(code.status(Face::Resource), resource, "{code}");
        }
    }
}
