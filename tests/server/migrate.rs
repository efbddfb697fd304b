//! What moving accounts is made of, against servers.

mod host;
mod killed;
mod leaving;
mod moves;
mod rescue;
mod wizard;
