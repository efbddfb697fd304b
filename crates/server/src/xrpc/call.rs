//! One request for a method, on its way through the checks.

use std::net::IpAddr;

use axum::body::Body;
use http::header::{CACHE_CONTROL, VARY};
use http::request::Parts;
use http::{HeaderValue, Response};
use lexicon::{FromQuery as _, Method, Query};

use super::PREFIX;
use super::registered::{ChargeOf, Registered, Who};
use crate::caller::{self, Caller, Credentials};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;
use crate::rate::{self, Key, Standing};

/// A request for a method.
pub(crate) struct Call {
    pub(crate) head: Parts,
    pub(crate) body: Body,
    /// The client's address.
    pub(crate) ip: IpAddr,
    standing: Option<Standing>,
    passes_rates: bool,
    is_private: bool,
}

impl Call {
    pub(crate) fn new(head: Parts, body: Body, ip: IpAddr) -> Self {
        Self { head, body, ip, standing: None, passes_rates: false, is_private: false }
    }

    /// Returns the part of the path that names the method.
    pub(crate) fn method(&self) -> &str {
        self.head.uri.path().strip_prefix(PREFIX).unwrap_or_default()
    }

    pub(super) fn ip_key(&self) -> Key {
        Key::of_ip(self.ip)
    }

    /// Says that the answer depends on who asks.
    pub(crate) fn be_private(&mut self) {
        self.is_private = true;
    }

    /// Counts the request among all of its address.
    pub(crate) fn count_globally(&mut self, pds: &Pds) -> Result<(), Refusal> {
        self.passes_rates = pds.passes_rates(&self.head.headers, self.ip);
        let key = self.ip_key();
        self.take(pds, std::slice::from_ref(&rate::GLOBAL), &key, 1)
    }

    /// Reads the parameters.
    pub(super) fn params<M: Method>(&self) -> Result<M::Params, Refusal> {
        let query = self.head.uri.query().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let query = Query::new(pairs.iter().map(|(name, value)| (&**name, &**value)));
        M::Params::from_query(&query).map_err(|invalid| {
            Refusal::invalid_request(format!("Invalid {} params: {invalid}", M::NSID))
        })
    }

    /// Finds out who calls, and counts what is known of them.
    pub(super) async fn caller<M: Method, C: Caller>(
        &mut self,
        method: &Registered<M>,
        pds: &Pds,
    ) -> Result<C, Fault> {
        self.is_private = C::IS_PRIVATE;
        let credentials = Credentials::of(&self.head.headers);
        let head = &self.head;
        let caller =
            C::identify(caller::Request { pds, method: M::NSID, credentials, head }).await?;
        let who = Who { ip: self.ip, did: caller.did() };
        for rate in &method.rates {
            if let ChargeOf::Who(charge) = &rate.charge
                && let Some(charge) = charge(&who)
            {
                self.take(pds, rate.buckets, &charge.key, charge.points)?;
            }
        }
        Ok(caller)
    }

    /// Counts what is known from the input.
    pub(super) fn count_input<M: Method, C: Caller>(
        &mut self,
        method: &Registered<M>,
        pds: &Pds,
        caller: &C,
        input: &M::Input,
    ) -> Result<(), Refusal> {
        let who = Who { ip: self.ip, did: caller.did() };
        for rate in &method.rates {
            if let ChargeOf::Input(charge) = &rate.charge
                && let Some(charge) = charge(&who, input)
            {
                self.take(pds, rate.buckets, &charge.key, charge.points)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        pds: &Pds,
        buckets: &'static [rate::Bucket],
        key: &Key,
        points: u32,
    ) -> Result<(), Refusal> {
        if self.passes_rates {
            return Ok(());
        }
        match pds.rates.take(buckets, key, points, pds.clock.now_ms()) {
            Ok(standing) => {
                self.standing = Standing::tightest(self.standing, standing);
                Ok(())
            }
            Err((refusal, standing)) => {
                self.standing = Some(standing);
                Err(refusal)
            }
        }
    }

    /// Adds to the response what the checks found.
    pub(crate) fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        let headers = response.headers_mut();
        if let Some(standing) = &self.standing {
            standing.write_to(headers);
        }
        if self.is_private {
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private"));
            headers.append(VARY, HeaderValue::from_static("Authorization"));
        }
        response
    }
}
