//! A method as it was registered, and what is set for it there.

use std::net::IpAddr;

use lexicon::Method;
use syntax::Did;

use super::form::Run;
use crate::rate::{Bucket, Key};

/// A method with its handler and its limits.
pub(crate) struct Registered<M: Method> {
    pub(super) run: Box<dyn Run<M>>,
    pub(super) counts_globally: bool,
    /// Whether requests that name another service than the AppView go there.
    pub(super) gives_way: bool,
    /// The most bytes of a body, where it is not what the settings say.
    pub(super) body_bytes_max: Option<u64>,
    pub(super) rates: Vec<Rate<M>>,
}

/// A rate, and how requests count.
pub(super) struct Rate<M: Method> {
    pub(super) buckets: &'static [Bucket],
    pub(super) charge: ChargeOf<M>,
}

pub(super) enum ChargeOf<M: Method> {
    /// Known before the body is read.
    Who(fn(&Who<'_>) -> Option<Charge>),
    /// Known from what the request carries.
    Input(fn(&Who<'_>, &M::Input) -> Option<Charge>),
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    /// From which address.
    pub(crate) ip: IpAddr,
    /// Whose account.
    pub(crate) did: Option<&'a Did>,
}

/// How much a request counts, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    /// For whom.
    pub(crate) key: Key,
    /// How much.
    pub(crate) points: u32,
}

impl<M: Method> Registered<M> {
    pub(super) fn new(run: impl Run<M> + 'static) -> Self {
        let run = Box::new(run);
        Self {
            run,
            counts_globally: true,
            gives_way: false,
            body_bytes_max: None,
            rates: Vec::new(),
        }
    }

    /// Sets the most bytes of a body.
    pub(crate) fn body_max(&mut self, bytes: u64) -> &mut Self {
        self.body_bytes_max = Some(bytes);
        self
    }

    /// Leaves the method out of what is counted for all methods together.
    pub(crate) fn uncounted(&mut self) -> &mut Self {
        self.counts_globally = false;
        self
    }

    /// Passes requests on that name another service than the AppView.
    pub(crate) fn give_way(&mut self) -> &mut Self {
        self.gives_way = true;
        self
    }

    /// Counts requests by their address.
    pub(crate) fn rate_by_ip(&mut self, buckets: &'static [Bucket]) -> &mut Self {
        let charge = |who: &Who<'_>| Some(Charge { key: Key::of_ip(who.ip), points: 1 });
        self.rates.push(Rate { buckets, charge: ChargeOf::Who(charge) });
        self
    }

    /// Counts requests by the account of who calls.
    pub(crate) fn rate_by_account(&mut self, buckets: &'static [Bucket]) -> &mut Self {
        let charge =
            |who: &Who<'_>| Some(Charge { key: Key::Text(who.did?.to_string()), points: 1 });
        self.rates.push(Rate { buckets, charge: ChargeOf::Who(charge) });
        self
    }

    /// Counts requests by what they carry.
    pub(crate) fn rate_by_input(
        &mut self,
        buckets: &'static [Bucket],
        charge: fn(&Who<'_>, &M::Input) -> Option<Charge>,
    ) -> &mut Self {
        self.rates.push(Rate { buckets, charge: ChargeOf::Input(charge) });
        self
    }
}
