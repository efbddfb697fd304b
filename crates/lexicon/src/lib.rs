//! AT Protocol schemas.
mod catalog;
mod fault;
mod format;
mod rule;
pub mod schema;
mod validate;

pub use crate::catalog::Catalog;
pub use crate::fault::{At, Fault, Invalid, Unit, ValueType};
pub use crate::format::{Format, FormatError};
pub use crate::validate::ValidationError;
