//! The methods and types of `social`.

pub mod pagurus;
