//! The methods and types of `social.pagurus`.

pub mod migration;
