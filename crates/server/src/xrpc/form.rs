//! The forms that handlers have, and how each is run.

use std::marker::PhantomData;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Response};
use lexicon::{Check, Method, RawBody, decode_input};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::input::{self, Announced, LimitedBody};
use super::{Answer, Call, Registered};
use crate::caller::Caller;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// The most bytes of an object without anything in it.
const EMPTY_OBJECT_BYTES_MAX: u64 = 64;

/// A handler, and its form.
pub(crate) struct Form<H, F> {
    handler: H,
    form: PhantomData<fn() -> F>,
}

/// A query; `A` are the arguments after the server.
pub(crate) struct QueryForm<A>(PhantomData<A>);
/// A query that makes its response itself.
pub(crate) struct RawQueryForm<A>(PhantomData<A>);
/// A procedure.
pub(crate) struct ProcedureForm<A>(PhantomData<A>);
/// A procedure that reads its body itself.
pub(crate) struct UploadForm<A>(PhantomData<A>);
/// A stream of events.
pub(crate) struct StreamForm;

/// Runs the handler of a method.
pub(crate) trait Run<M: Method>: Send + Sync + 'static {
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, call: Call) -> Answer<'a>;
}

/// A body that the handler reads.
pub(crate) struct Upload {
    /// The request's head.
    pub(crate) head: Parts,
    /// The type of the body, without parameters.
    pub(crate) mime_type: String,
    /// The body; what `Content-Encoding` says is still to be undone.
    pub(crate) body: LimitedBody,
}

impl<H, F> Form<H, F> {
    pub(super) fn new(handler: H) -> Self {
        Self { handler, form: PhantomData }
    }
}

impl<M, H, C, R> Run<M> for Form<H, QueryForm<(C,)>>
where
    M: Method<Output: Serialize>,
    H: Fn(Pds, C) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<M::Output, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let caller = call.caller(method, pds).await?;
                json::<M>((self.handler)(pds.clone(), caller).await?)
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, C, R> Run<M> for Form<H, QueryForm<(C, M::Params)>>
where
    M: Method<Params: Send + 'static, Output: Serialize>,
    H: Fn(Pds, C, M::Params) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<M::Output, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let params = call.params::<M>()?;
                let caller = call.caller(method, pds).await?;
                json::<M>((self.handler)(pds.clone(), caller, params).await?)
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, C, R> Run<M> for Form<H, RawQueryForm<(C, M::Params)>>
where
    M: Method<Params: Send + 'static>,
    H: Fn(Pds, C, M::Params, Parts) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<Response<Body>, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let params = call.params::<M>()?;
                let caller = call.caller(method, pds).await?;
                let head = std::mem::replace(&mut call.head, http::Request::new(()).into_parts().0);
                (self.handler)(pds.clone(), caller, params, head).await
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, C, R> Run<M> for Form<H, ProcedureForm<(C,)>>
where
    M: Method<Input = (), Output: Serialize>,
    H: Fn(Pds, C) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<M::Output, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let caller = call.caller(method, pds).await?;
                expect_nothing(&mut call).await?;
                json::<M>((self.handler)(pds.clone(), caller).await?)
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, C, R> Run<M> for Form<H, ProcedureForm<(C, M::Input)>>
where
    M: Method<Input: DeserializeOwned + Check + Send + 'static, Output: Serialize>,
    H: Fn(Pds, C, M::Input) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<M::Output, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let caller: C = call.caller(method, pds).await?;
                let input = read_input(method, pds, &mut call).await?;
                call.count_input(method, pds, &caller, &input)?;
                json::<M>((self.handler)(pds.clone(), caller, input).await?)
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, C, R> Run<M> for Form<H, UploadForm<(C,)>>
where
    M: Method<Input = RawBody, Output: Serialize>,
    H: Fn(Pds, C, Upload) -> R + Send + Sync + 'static,
    C: Caller + 'static,
    R: Future<Output = Result<M::Output, Failure<M::Error>>> + Send,
{
    fn run<'a>(&'a self, method: &'a Registered<M>, pds: &'a Pds, mut call: Call) -> Answer<'a> {
        Box::pin(async move {
            let outcome = async {
                let caller: C = call.caller(method, pds).await?;
                let upload = take_upload(method, pds, &mut call)?;
                json::<M>((self.handler)(pds.clone(), caller, upload).await?)
            };
            let response = outcome.await.unwrap_or_else(Failure::into_response);
            call.finish(response)
        })
    }
}

impl<M, H, R> Run<M> for Form<H, StreamForm>
where
    M: Method,
    H: Fn(Pds, Parts) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    fn run<'a>(&'a self, _: &'a Registered<M>, pds: &'a Pds, call: Call) -> Answer<'a> {
        Box::pin((self.handler)(pds.clone(), call.head))
    }
}

/// Makes the response of what a handler returned.
fn json<M: Method<Output: Serialize>>(
    output: M::Output,
) -> Result<Response<Body>, Failure<M::Error>> {
    if M::OUTPUT_ENCODING.is_none() {
        return Ok(Response::new(Body::empty()));
    }
    let body = serde_json::to_vec(&output).map_err(Failure::internal)?;
    let mut response = Response::new(Body::from(Bytes::from(body)));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

/// Reads a body and decodes it.
async fn read_input<M>(
    method: &Registered<M>,
    pds: &Pds,
    call: &mut Call,
) -> Result<M::Input, Refusal>
where
    M: Method<Input: DeserializeOwned + Check>,
{
    let expected = M::INPUT_ENCODING.unwrap_or("*/*");
    let headers = &call.head.headers;
    if Announced::of(headers) == Announced::Nothing {
        return Err(nothing_sent());
    }
    input::check_type(headers, expected)?;
    let bytes_max = bytes_max(method, pds);
    input::check_length(headers, bytes_max)?;
    let body = LimitedBody::new(std::mem::take(&mut call.body), bytes_max).bytes().await?;
    let body = input::decompress(&call.head.headers, body, bytes_max)?;
    decode_input::<M>(&body)
        .map_err(|err| Refusal::invalid_request(format!("Invalid {} input: {err}", M::NSID)))
}

fn take_upload<M: Method>(
    method: &Registered<M>,
    pds: &Pds,
    call: &mut Call,
) -> Result<Upload, Refusal> {
    let head = std::mem::replace(&mut call.head, http::Request::new(()).into_parts().0);
    // There are empty files, too, whose senders say that they send nothing.
    let is_empty = head.headers.contains_key(CONTENT_LENGTH);
    if Announced::of(&head.headers) == Announced::Nothing && !is_empty {
        return Err(nothing_sent());
    }
    let expected = M::INPUT_ENCODING.unwrap_or("*/*");
    let mime_type = input::check_type(&head.headers, expected)?.to_owned();
    let bytes_max = bytes_max(method, pds);
    input::check_length(&head.headers, bytes_max)?;
    let body = LimitedBody::new(std::mem::take(&mut call.body), bytes_max);
    Ok(Upload { head, mime_type, body })
}

/// Refuses a body where there should be none. An empty one is none, however it is announced, and so
/// is an empty object, which some clients send with everything.
async fn expect_nothing(call: &mut Call) -> Result<(), Refusal> {
    if Announced::of(&call.head.headers) == Announced::Nothing {
        return Ok(());
    }
    let body = LimitedBody::new(std::mem::take(&mut call.body), EMPTY_OBJECT_BYTES_MAX);
    match body.bytes().await {
        Ok(body) if matches!(body.trim_ascii(), b"" | b"{}") => Ok(()),
        _ => {
            let message = "A request body was provided when none was expected";
            Err(Refusal::invalid_request(message))
        }
    }
}

fn bytes_max<M: Method>(method: &Registered<M>, pds: &Pds) -> u64 {
    let usual = u64::try_from(pds.config.limits.json_bytes).unwrap_or(u64::MAX);
    method.body_bytes_max.unwrap_or(usual)
}

fn nothing_sent() -> Refusal {
    Refusal::invalid_request("A request body is expected but none was provided")
}
