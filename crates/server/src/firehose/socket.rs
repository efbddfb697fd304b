//! Upgrading a connection to a WebSocket.

use axum::body::Body;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// The most bytes of a message of a subscriber, who has nothing to say.
const INCOMING_BYTES_MAX: usize = 64 << 10;
/// How many bytes are gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 128 << 10;

/// A connection that speaks WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a request to upgrade has to be answered with, and what comes of it.
pub(super) struct Upgrade {
    on_upgrade: OnUpgrade,
}

impl Upgrade {
    /// Looks at a request. `Err` has the answer to one that does not ask for a WebSocket.
    pub(super) fn of(head: &mut Parts) -> Result<(Self, Response<Body>), Box<Response<Body>>> {
        let asks = has_token(&head.headers, &CONNECTION, "upgrade")
            && has_token(&head.headers, &UPGRADE, "websocket")
            && head.headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        let key = head.headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks);
        let (Some(key), Some(on_upgrade)) = (key, head.extensions.remove::<OnUpgrade>()) else {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
            let headers = response.headers_mut();
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            return Err(Box::new(response));
        };
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept.expect("Base64 is allowed in headers"));
        Ok((Self { on_upgrade }, response))
    }

    /// Waits for the connection, which is had once the answer is written.
    pub(super) async fn socket(self) -> Result<Socket, hyper::Error> {
        let upgraded = self.on_upgrade.await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(INCOMING_BYTES_MAX))
            .max_frame_size(Some(INCOMING_BYTES_MAX))
            .read_buffer_size(4096)
            .write_buffer_size(WRITE_BUFFER_BYTES);
        let stream = TokioIo::new(upgraded);
        Ok(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await)
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}
