//! App passwords.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::{AppPassword, AppPasswords, MadePassword};
use pages::{Input, Problem, Problems, When, path};

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at, shown};
use crate::api::server::create_app_password::{self, Made, MakeError};
use crate::api::server::revoke_app_password;
use crate::pds::Pds;
use crate::web::visit::{Outcome, Stop, Visit};

/// The most characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// `GET …/app-passwords`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own, None, Problems::NONE).await).await
}

/// `POST …/app-passwords`: makes one, and shows it this once.
pub(super) async fn make(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let name = visit.field("name").trim().to_owned();
        let is_odd = name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control);
        let problem = match name.is_empty() {
            true => Some(Problem::Missing(Input::Name)),
            false => is_odd.then_some(Problem::NameSyntax),
        };
        if let Some(problem) = problem {
            return show(visit, own, None, Problems(&[problem])).await;
        }
        let is_privileged = visit.field("privileged") == "on";
        let (id, did) = (own.account.id, &own.account.did);
        match create_app_password::make(&visit.pds, id, did, name, is_privileged).await {
            Ok(made) => show(visit, own, Some(&made), Problems::NONE).await,
            Err(MakeError::NameTaken(_)) => {
                show(visit, own, None, Problems(&[Problem::NameTaken])).await
            }
            Err(MakeError::Store(error)) => Err(error.into()),
        }
    })
    .await
}

/// `POST …/app-passwords/revoke`: ends one, and the sessions that began with it.
pub(super) async fn revoke(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let name = visit.field("id").to_owned();
        revoke_app_password::revoke(&visit.pds, own.account.id, name.clone()).await?;
        Done::AppPasswordRevoked.lead_with(visit, own, path::APP_PASSWORDS, None, &name)
    })
    .await
}

async fn show(visit: &Visit, own: &Own, made: Option<&Made>, problems: Problems<'_>) -> Outcome {
    let found = visit.pds.store.read(|tx| tx.app_passwords(own.account.id)).await;
    let found: Vec<store::AppPassword> = found.map_err(|error: store::Error| Stop::from(error))?;
    let app_passwords: Vec<AppPassword<'_>> = found
        .iter()
        .map(|found| AppPassword {
            name: (&found.name).into(),
            id: &found.name,
            is_privileged: found.privileged,
            made: When(found.created_at),
        })
        .collect();
    let told = done::told(visit);
    let view = AppPasswords {
        frame: frame(visit),
        owner: own.owner(),
        app_passwords: &app_passwords,
        made: made
            .map(|made| MadePassword { name: (&made.kept.name).into(), password: &made.password }),
        name: if made.is_some() { "".into() } else { visit.field("name").into() },
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
