//! Taking connections, and letting go of them when the server stops.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tower_service::Service as _;

use super::again::again;
use super::idle::{Idle, Watched};
use crate::tasks::Tasks;

/// The most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The most connections of a router with its own socket.
const CONNECTIONS_MAX: usize = 1024;
/// How long taking connections pauses when the system has no room for more.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests on a socket until the server stops.
pub(crate) fn listen<F, R>(tasks: &Tasks, listener: TcpListener, connections_max: usize, answer: F)
where
    F: Fn(Request<Incoming>, IpAddr) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(connections_max));
    let owner = tasks.clone();
    tasks.spawn_until_stop(async move {
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = serve(owner.clone(), stream, peer, answer.clone());
                    owner.spawn(again(async move {
                        connection.await;
                        drop(place);
                    }));
                }
                // One connection that broke before it was taken says nothing of others.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken");
                    sleep(PAUSE).await;
                }
            }
        }
    });
}

async fn serve<F, R>(tasks: Tasks, stream: TcpStream, peer: SocketAddr, answer: F)
where
    F: Fn(Request<Incoming>, IpAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    // Answers are written whole: waiting for more to send only costs time.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection broke at once");
        return;
    }
    let idle = Idle::default();
    let stream = Watched::new(stream, idle.clone());
    let answering = idle.clone();
    let service = service_fn(move |request| {
        let busy = answering.busy();
        // In a box, so that a connection without a request has no room for one.
        let answer = Box::pin(answer(request, peer.ip()));
        async move {
            let response = answer.await;
            busy.done(response.status());
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        // What a client has begun is done, even if it hangs up: an account is not made by half.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = tasks.stopping() => {
            idle.stop();
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "connection ended");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Serves a router on a socket of its own until the server stops.
pub(crate) fn listen_router(tasks: &Tasks, listener: TcpListener, router: Router) {
    listen(tasks, listener, CONNECTIONS_MAX, move |request: Request<Incoming>, peer| {
        let mut router = router.clone();
        async move {
            let (mut head, body) = request.into_parts();
            head.extensions.insert(peer);
            let request = Request::from_parts(head, Body::new(body));
            router.call(request).await.unwrap_or_else(|never| match never {})
        }
    });
}
