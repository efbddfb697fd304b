//! `/dev/mail`: the mail that a server for development has written, for people and tests to read.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use syntax::Datetime;

use crate::failure::Fault;
use crate::pds::Pds;

/// How many mails are shown.
const SHOWN_MAX: u64 = 100;

/// Answers with the newest mails, the newest first.
pub(super) async fn dev_mail(State(pds): State<Pds>) -> Response {
    match pds.store.read(|tx| tx.newest_mails(SHOWN_MAX)).await {
        Ok(mails) => {
            let mails = mails.into_iter().map(|mail| {
                json!({
                    "to": mail.recipient,
                    "subject": mail.subject,
                    "text": mail.body,
                    "createdAt": Datetime::from_unix_ms(mail.created_at),
                })
            });
            Json(mails.collect::<Vec<Value>>()).into_response()
        }
        Err(error) => Fault::from(error).into_response(),
    }
}
