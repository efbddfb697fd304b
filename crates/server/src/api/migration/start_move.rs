//! `social.pagurus.migration.startMove`: begins to move an account here.
//!
//! Lexicon: `lexicons/social/pagurus/migration/startMove.json`.

use lexicon::social::pagurus::migration::start_move::{Error, Input, Output};

use super::refusal::shown;
use super::source;
use crate::caller::Public;
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Makes the account, deactivated, and begins to fetch what is its.
pub(super) async fn start_move(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let days = input.delete_after_days.map(u32::try_from).transpose();
    let days = days.map_err(|_| Failure::invalid_request("deleteAfterDays is too large"))?;
    let source = source::Given {
        from: input.from,
        identifier: input.identifier,
        password: input.password,
        factor: input.auth_factor_token,
        handle: Some(input.handle),
        email: input.email,
        invite_code: input.invite_code,
        own_key: input.own_key,
        delete_after_days: days,
    };
    let (door, wish) = source.read()?;
    let started = mover::start(&pds, &door, wish, &input.new_password).await;
    let started = started.map_err(Fault::from)?;
    Ok(Output {
        access_jwt: started.tokens.access,
        refresh_jwt: started.tokens.refresh,
        job: shown(&pds, &started.did).await?,
    })
}
