//! The types of methods, made from `lexicons/` by `just codegen`.

pub mod app;
pub mod com;
pub mod social;
