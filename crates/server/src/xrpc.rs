//! The methods: registering them, finding the one that is called, and what is done for each.
//!
//! A request is checked in this order: the method, how it is called, the rate of its address, its
//! parameters, who calls, other rates, the body, its schema. Only then the handler runs.

mod call;
mod form;
mod inflate;
mod input;
mod registered;

use std::any::Any;
use std::collections::HashMap;
use std::pin::Pin;

use axum::body::Body;
use http::request::Parts;
use http::{Method as Verb, Response};
use lexicon::Method;
use lexicon::schema::MethodKind;

use crate::failure::Refusal;
use crate::pds::Pds;
use crate::proxy;
pub(crate) use crate::xrpc::call::Call;
pub(crate) use crate::xrpc::form::Upload;
use crate::xrpc::form::{
    Form, ProcedureForm, QueryForm, RawQueryForm, Run, StreamForm, UploadForm,
};
pub(crate) use crate::xrpc::inflate::Inflate;
pub(crate) use crate::xrpc::input::{LimitedBody, too_large};
pub(crate) use crate::xrpc::registered::{Charge, Registered, Who};

/// The path that all methods are under.
pub(crate) const PREFIX: &str = "/xrpc/";

/// An answer on its way.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Response<Body>> + Send + 'a>>;

/// All methods that are served, by name.
#[derive(Default)]
pub(crate) struct Methods(HashMap<&'static str, Box<dyn Served>>);

/// A registered method, whichever it is.
trait Served: Any + Send + Sync {
    fn kind(&self) -> MethodKind;
    fn counts_globally(&self) -> bool;
    fn gives_way(&self) -> bool;
    fn serve<'a>(&'a self, pds: &'a Pds, call: Call) -> Answer<'a>;
}

impl<M: Method + 'static> Served for Registered<M> {
    fn kind(&self) -> MethodKind {
        M::KIND
    }

    fn counts_globally(&self) -> bool {
        self.counts_globally
    }

    fn gives_way(&self) -> bool {
        self.gives_way
    }

    fn serve<'a>(&'a self, pds: &'a Pds, call: Call) -> Answer<'a> {
        self.run.run(self, pds, call)
    }
}

impl Methods {
    /// Registers a query: `async fn(Pds, impl Caller[, Params]) -> Result<Output, Failure<Error>>`.
    pub(crate) fn query<M, H, A>(&mut self, _: M, handler: H) -> &mut Registered<M>
    where
        M: Method + 'static,
        Form<H, QueryForm<A>>: Run<M>,
    {
        self.register(Form::<H, QueryForm<A>>::new(handler))
    }

    /// Registers a query that makes its response itself:
    /// `async fn(Pds, impl Caller, Params, Parts) -> Result<Response<Body>, Failure<Error>>`.
    pub(crate) fn raw_query<M, H, A>(&mut self, _: M, handler: H) -> &mut Registered<M>
    where
        M: Method + 'static,
        Form<H, RawQueryForm<A>>: Run<M>,
    {
        self.register(Form::<H, RawQueryForm<A>>::new(handler))
    }

    /// Registers a procedure:
    /// `async fn(Pds, impl Caller[, Input]) -> Result<Output, Failure<Error>>`.
    pub(crate) fn procedure<M, H, A>(&mut self, _: M, handler: H) -> &mut Registered<M>
    where
        M: Method + 'static,
        Form<H, ProcedureForm<A>>: Run<M>,
    {
        self.register(Form::<H, ProcedureForm<A>>::new(handler))
    }

    /// Registers a procedure that reads its body itself:
    /// `async fn(Pds, impl Caller, Upload) -> Result<Output, Failure<Error>>`.
    pub(crate) fn upload<M, H, A>(&mut self, _: M, handler: H) -> &mut Registered<M>
    where
        M: Method + 'static,
        Form<H, UploadForm<A>>: Run<M>,
    {
        self.register(Form::<H, UploadForm<A>>::new(handler))
    }

    /// Registers a stream of events, which upgrades the connection itself:
    /// `async fn(Pds, Parts) -> Response<Body>`.
    pub(crate) fn subscription<M, H>(&mut self, _: M, handler: H) -> &mut Registered<M>
    where
        M: Method + 'static,
        Form<H, StreamForm>: Run<M>,
    {
        self.register(Form::<H, StreamForm>::new(handler))
    }

    fn register<M: Method + 'static>(&mut self, run: impl Run<M> + 'static) -> &mut Registered<M> {
        let served: Box<dyn Served> = Box::new(Registered::<M>::new(run));
        let served = self.0.entry(M::NSID).insert_entry(served).into_mut();
        let served: &mut dyn Any = &mut **served;
        served.downcast_mut().expect("it was registered with this type just now")
    }

    /// Returns the name of the method that a path is for, if it is one of ours.
    pub(crate) fn known(&self, path: &str) -> Option<&'static str> {
        let name = path.strip_prefix(PREFIX)?;
        self.0.get_key_value(name).map(|(name, _)| *name)
    }

    /// Answers a request for something under [`PREFIX`].
    pub(crate) async fn answer(&self, pds: &Pds, call: Call) -> Response<Body> {
        let name = call.method();
        let name = name.strip_suffix('/').unwrap_or(name);
        let Some(served) = self.0.get(name) else {
            let name = name.to_owned();
            return proxy::answer(pds, call, &name).await;
        };
        if let Err(refusal) = check_verb(served.kind(), &call.head) {
            return refusal.into_response();
        }
        if served.gives_way() {
            match pds.proxy.is_elsewhere(&call.head.headers) {
                Ok(false) => {}
                Ok(true) => {
                    let name = name.to_owned();
                    return proxy::answer(pds, call, &name).await;
                }
                Err(refusal) => return refusal.into_response(),
            }
        }
        let mut call = call;
        if served.counts_globally()
            && let Err(refusal) = call.count_globally(pds)
        {
            return call.finish(refusal.into_response());
        }
        served.serve(pds, call).await
    }
}

/// Refuses a method that is called in a way that its kind is not.
fn check_verb(kind: MethodKind, head: &Parts) -> Result<(), Refusal> {
    let wrong = |expected| {
        let message = format!("Incorrect HTTP method ({}) expected {expected}", head.method);
        Err(Refusal::invalid_request(message))
    };
    match (kind, &head.method) {
        (MethodKind::Query | MethodKind::Subscription, &Verb::GET | &Verb::HEAD) => Ok(()),
        (MethodKind::Procedure, &Verb::POST) => Ok(()),
        (_, &Verb::GET | &Verb::HEAD) => wrong("POST"),
        (_, &Verb::POST) => wrong("GET"),
        _ => Err(Refusal::invalid_request("XRPC requests only supports GET and POST")),
    }
}
