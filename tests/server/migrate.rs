//! What moving accounts is made of, against servers.

mod host;
mod moves;
mod rescue;
