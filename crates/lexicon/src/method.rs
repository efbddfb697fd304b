//! What the generated methods have in common, so that servers can treat them alike.

use std::fmt;

use repo::data::{Limits, json};
use serde::de::{self, DeserializeOwned};
use serde_json::error::Category;
use thiserror::Error;

use crate::catalog::Catalog;
use crate::fault::{At, Invalid};
use crate::params::FromQuery;
use crate::schema::MethodKind;
use crate::validate::ValidationError;

/// A method of the HTTP API, or an event stream.
///
/// Its types are `()` where the method has nothing of the sort.
pub trait Method {
    /// The method's name.
    const NSID: &'static str;
    /// How the method is called.
    const KIND: MethodKind;
    /// The MIME type of what a request carries, or a pattern such as `*/*`.
    const INPUT_ENCODING: Option<&'static str>;
    /// The MIME type of what a response carries, or a pattern such as `*/*`.
    const OUTPUT_ENCODING: Option<&'static str>;
    /// The parameters.
    type Params: FromQuery;
    /// What a request carries: read by [`decode_input`], or [`RawBody`].
    type Input;
    /// What a response carries, or what the messages of a stream are: serializable, or
    /// [`RawBody`].
    type Output;
    /// The errors that the method declares.
    type Error: DeclaredError;
}

/// The errors that a method declares beyond those that all have.
pub trait DeclaredError {
    /// Returns the name that responses carry.
    fn name(&self) -> &'static str;
}

/// The errors of a method that declares none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoError {}

impl DeclaredError for NoError {
    fn name(&self) -> &'static str {
        match *self {}
    }
}

impl fmt::Display for NoError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for NoError {}

/// Stands for a body that is not JSON: bytes, which the types have nothing to say about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawBody {}

/// Values that know the rules of their schema which their types do not express.
pub trait Check {
    /// Checks lengths, ranges and the like of a value that is at `at`.
    ///
    /// # Errors
    ///
    /// [`Invalid`] with the first fault.
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        let _ = at;
        Ok(())
    }
}

impl Check for () {}

/// Says why a request's body is not the input of its method.
#[derive(Debug, Error)]
pub enum InputError {
    /// The body is not JSON, or not of the data model.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The body does not follow the method's schema.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// Decodes and checks what a request carries, in one pass over its text.
///
/// The body of a method without input is not looked at.
///
/// # Errors
///
/// [`InputError`] if the body is not JSON that follows the method's schema.
pub fn decode_input<M>(body: &[u8]) -> Result<M::Input, InputError>
where
    M: Method<Input: DeserializeOwned + Check>,
{
    let body = if M::INPUT_ENCODING.is_some() { body } else { b"null" };
    // Every input is an object, for which serde would take a list of its fields' values, too.
    let input: M::Input = if body.trim_ascii_start().starts_with(b"[") {
        Err(de::Error::custom("not an object"))
    } else {
        serde_json::from_slice(body)
    }
    .map_err(|err| explain::<M>(body, err))?;
    input.check(&At::TOP)?;
    Ok(input)
}

/// Finds the place and the words for what serde could not read, where the schema has them.
fn explain<M: Method>(body: &[u8], err: serde_json::Error) -> InputError {
    if err.classify() == Category::Data
        && let Ok(value) = json::decode(body, &Limits::RECORD)
        && let Err(ValidationError::Invalid(invalid)) =
            Catalog::embedded().validate_input(M::NSID, &value)
    {
        return invalid.into();
    }
    err.into()
}

/// Gives an enum of unit variants the names that a method's schema has for them.
macro_rules! declared_errors {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// The errors that the method declares.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Error {
            $($(#[$doc])* $variant,)+
        }

        impl $crate::DeclaredError for Error {
            fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::DeclaredError::name(self))
            }
        }

        impl std::error::Error for Error {}
    };
}

pub(crate) use declared_errors;
