//! `social.pagurus.migration.planMove`: looks at what a move here would meet.
//!
//! Lexicon: `lexicons/social/pagurus/migration/planMove.json`.

use lexicon::social::pagurus::migration::plan_move::{Error, Input, Output};

use super::source;
use crate::caller::Public;
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Signs in at the old host and looks around. Nothing is changed there or here.
pub(super) async fn plan_move(pds: Pds, _: Public, input: Input) -> Result<Output, Failure<Error>> {
    let source = source::Given {
        from: input.from,
        identifier: input.identifier,
        password: input.password,
        factor: input.auth_factor_token,
        handle: input.handle,
        email: input.email,
        invite_code: input.invite_code,
        own_key: input.own_key,
        delete_after_days: None,
    };
    let (door, wish) = source.read()?;
    let plan = mover::plan(&pds, &door, &wish).await.map_err(Fault::from)?;
    Ok(Output {
        did: plan.session.did,
        from: mover::uri(&plan.from),
        handle: plan.session.handle,
        findings: plan.findings.iter().map(mover::finding).collect(),
    })
}
