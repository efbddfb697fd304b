//! `com.atproto.server.createAppPassword`: makes a password for an app, which may do less.
//!
//! Lexicon: `lexicons/com/atproto/server/createAppPassword.json`.

use lexicon::com::atproto::server::create_app_password::{Error, Input, Output};
use syntax::Datetime;

use crate::caller::{Account, Full, NotTakenDown};
use crate::failure::{Failure, Refusal};
use crate::password;
use crate::pds::Pds;

/// Answers with the password, which nobody is shown again.
pub(super) async fn create_app_password(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.row(&pds).await?;
    let password = password::new_app_password();
    let new = store::AppPassword {
        name: input.name,
        password: password::hash_app_password(&account.did, &password),
        privileged: input.privileged.unwrap_or_default(),
        created_at: pds.clock.now_ms(),
    };
    let kept = new.clone();
    let outcome = pds.store.write(move |tx| tx.create_app_password(account.id, &kept)).await;
    match outcome {
        Ok(()) => Ok(Output {
            name: new.name,
            password,
            created_at: Datetime::from_unix_ms(new.created_at),
            privileged: Some(new.privileged),
        }),
        Err(store::Error::Conflict(_)) => {
            let message = format!("App password named \"{}\" already exists", new.name);
            Err(Refusal::invalid_request(message).into())
        }
        Err(error) => Err(error.into()),
    }
}
