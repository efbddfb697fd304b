//! Asking the DNS: for addresses and for text. What the answers mean is not decided here.

mod nameservers;
mod table;
mod test_domain;

use std::error::Error;
use std::net::IpAddr;
use std::pin::Pin;

use thiserror::Error;

pub use crate::dns::nameservers::Nameservers;
pub use crate::dns::table::DnsTable;
pub use crate::dns::test_domain::TestDomain;

/// Something that answers what the DNS answers.
pub trait Dns: Send + Sync + 'static {
    /// Returns the addresses of a host; none if there is no such host.
    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, Vec<IpAddr>>;

    /// Returns the TXT records of a name, each as one text; none if there is no such name.
    ///
    /// Records that are not UTF-8 are left out.
    fn txt<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>>;
}

/// What a question to the DNS leads to. "There is none" is an answer and not an error.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DnsError>> + Send + 'a>>;

/// Says why there is no answer. Whether the name exists stays open.
#[derive(Debug, Error)]
pub enum DnsError {
    /// No nameserver answered in time.
    #[error("the DNS did not answer in time")]
    Timeout,
    /// A nameserver could not be asked, or failed to answer.
    #[error("the DNS gave no answer")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
