//! Where requests may go, as far as a URL tells. Addresses are checked where they are known.

use crate::origin::{Origin, Scheme};
use crate::outbound::Refusal;

/// Where a client goes at all.
pub(super) enum Rules {
    /// To public addresses, and to the exceptions.
    Strangers(Strangers),
    /// To these origins.
    Upstreams(Vec<Origin>),
}

/// Which of the addresses that a stranger can choose are gone to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strangers {
    /// Whether `http` is allowed, too.
    pub http_allowed: bool,
    /// Which ports are allowed.
    pub ports: Ports,
    /// Origins that are gone to whatever their address, scheme and port: for development.
    pub exceptions: Vec<Origin>,
}

/// Which ports requests may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ports {
    /// 443 for `https`, 80 for `http`.
    #[default]
    Implied,
    /// All of them.
    Any,
}

/// Which addresses of a host may be connected to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those on the public internet.
    Public,
    /// All of them.
    Anywhere,
}

impl Rules {
    /// Tells which addresses requests to an origin may go to, if they may be made.
    pub(super) fn reach(&self, origin: &Origin) -> Result<Reach, Refusal> {
        let strangers = match self {
            Self::Upstreams(origins) if origins.contains(origin) => return Ok(Reach::Anywhere),
            Self::Upstreams(_) => return Err(Refusal::Origin(origin.clone())),
            Self::Strangers(strangers) if strangers.exceptions.contains(origin) => {
                return Ok(Reach::Anywhere);
            }
            Self::Strangers(strangers) => strangers,
        };
        if origin.scheme() == Scheme::Http && !strangers.http_allowed {
            return Err(Refusal::Scheme);
        }
        if strangers.ports == Ports::Implied && origin.port() != origin.scheme().port() {
            return Err(Refusal::Port(origin.port()));
        }
        Ok(Reach::Public)
    }
}
