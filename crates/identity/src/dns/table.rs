//! A DNS of names that are given: for tests, and for networks that have no DNS.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dns::{Answer, Dns};

/// Names with their records. Other names do not exist.
#[derive(Default)]
pub struct DnsTable {
    /// Held for one look-up or one change.
    names: Mutex<HashMap<String, Records>>,
}

#[derive(Default)]
struct Records {
    addresses: Vec<IpAddr>,
    txt: Vec<String>,
}

impl DnsTable {
    /// Makes a table of no names.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the addresses of a host, in place of those that it had.
    pub fn set_addresses(&self, host: &str, addresses: Vec<IpAddr>) {
        self.names().entry(host.to_owned()).or_default().addresses = addresses;
    }

    /// Sets the TXT records of a name, in place of those that it had.
    pub fn set_txt(&self, name: &str, txt: Vec<String>) {
        self.names().entry(name.to_owned()).or_default().txt = txt;
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Records>> {
        // No one can leave the table half changed.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dns for DnsTable {
    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, Vec<IpAddr>> {
        let found = self.names().get(host).map(|records| records.addresses.clone());
        Box::pin(async { Ok(found.unwrap_or_default()) })
    }

    fn txt<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        let found = self.names().get(name).map(|records| records.txt.clone());
        Box::pin(async { Ok(found.unwrap_or_default()) })
    }
}
