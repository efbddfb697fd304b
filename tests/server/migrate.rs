//! What moving accounts is made of, against servers.

mod host;
mod killed;
mod moves;
mod rescue;
