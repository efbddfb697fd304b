//! The schemas of the AT Protocol: documents, validation, and the types of the methods.
//!
//! A [`Catalog`] holds schemas and checks records and bodies against them; [`Catalog::embedded`]
//! is the one with the schemas that the crate carries. The modules [`com`], [`app`] and [`social`] have the
//! types of the methods that a server of accounts answers: parameters are read by
//! [`FromQuery::from_query`], bodies by [`decode_input`]. Whatever is refused is refused with a
//! place and a sentence.
//!
//! Nothing in here resolves schemas from the network or reads a clock.
//!
//! ```
//! use pagurus_lexicon::com::atproto::repo::list_records::Params;
//! use pagurus_lexicon::{Catalog, FromQuery as _, Query};
//! use repo::data::{Limits, json};
//!
//! let like = r#"{"$type": "app.bsky.feed.like", "createdAt": "2024-05-06T07:08:09Z"}"#;
//! let like = json::decode(like.as_bytes(), &Limits::RECORD)?;
//! let (collection, rkey) = ("app.bsky.feed.like".parse()?, "3kznmn7xqxl22".parse()?);
//! let refusal = Catalog::embedded().validate_record(&collection, &rkey, &like).unwrap_err();
//! assert_eq!(refusal.to_string(), "/subject is missing");
//!
//! let query = Query::new([("repo", "alice.test"), ("collection", "app.bsky.feed.like")]);
//! assert_eq!(Params::from_query(&query)?.limit, 50);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Spec: <https://atproto.com/specs/lexicon>

mod catalog;
pub mod codegen;
mod fault;
mod format;
mod generated;
mod method;
mod params;
mod rule;
pub mod schema;
mod validate;
pub mod wire;

pub use crate::catalog::{Catalog, DOCUMENTS};
pub use crate::fault::{At, Fault, Invalid, Unit, ValueType};
pub use crate::format::{Format, FormatError};
pub use crate::generated::{app, com, social};
pub use crate::method::{Check, DeclaredError, InputError, Method, NoError, RawBody, decode_input};
pub use crate::params::{FromQuery, Query};
pub use crate::validate::ValidationError;
