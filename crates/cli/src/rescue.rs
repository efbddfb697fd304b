//! `pagurus rescue` and `pagurus restore account`: an account whose host is gone, from what its owner
//! has kept. This machine does it, and no key leaves it.

mod outcome;
mod target;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use migrate::age;
use migrate::bundle;
use migrate::rescue::{Account, Agreed, Journal, Others, Place, Rescue, Step, journal_in};
use syntax::Did;
use tokio::runtime::Runtime;

use crate::rescue::outcome::{Shown, agrees};
use crate::rescue::target::Target;
pub(crate) use crate::rescue::target::network;
use crate::serve::clock;

/// Brings an account back whose host is gone or will not let go, from a bundle or from a CAR file and
/// a folder of blobs, with a rotation key of its owner's. Everything is brought to the new host and
/// read again before the identity is changed, by one operation. To run the same again is to go on,
/// wherever it was broken off. The exit status is 0 if it is done, 10 if you have to decide or do
/// something first, 20 if it may work later as it is, 30 if it failed and the identity is as it was, 40
/// if it failed after the identity was changed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose account it is; by default the bundle's
    #[arg(long, required_unless_present = "from")]
    did: Option<Did>,
    /// Bring it from this bundle
    #[arg(long, value_name = "DIR", conflicts_with = "car", required_unless_present = "car")]
    from: Option<PathBuf>,
    /// Bring it from this repository, as any host exports it
    #[arg(long, value_name = "FILE")]
    car: Option<PathBuf>,
    /// Bring blobs from this directory, which has them in files called by their CIDs
    #[arg(long, value_name = "DIR", requires = "car")]
    blobs: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// Puts an account back from a bundle, at any host, with a rotation key of its owner's. It is what
/// `rescue` does, and ends with the same exit status.
#[derive(clap::Args)]
pub(crate) struct RestoreArguments {
    /// The directory of the bundle
    bundle: PathBuf,
    #[command(flatten)]
    target: Target,
}

/// Runs `pagurus rescue`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match (&arguments.from, &arguments.car) {
        (Some(bundle), _) => from_bundle(bundle, arguments.did.as_ref(), &arguments.target),
        (None, Some(car)) => {
            let did = arguments.did.as_ref().context("say whose account it is with --did")?;
            let place = Place::Car { file: car.clone(), blobs: arguments.blobs.clone() };
            bring(did, &place, &arguments.target)
        }
        (None, None) => bail!("say from what with --from or --car"),
    }
}

/// Runs `pagurus restore account`.
pub(crate) fn restore(arguments: &RestoreArguments) -> anyhow::Result<ExitCode> {
    from_bundle(&arguments.bundle, None, &arguments.target)
}

fn from_bundle(bundle: &Path, did: Option<&Did>, target: &Target) -> anyhow::Result<ExitCode> {
    let manifest = bundle::read_manifest(bundle);
    let manifest = manifest.with_context(|| format!("no bundle in {}", bundle.display()))?;
    if did.is_some_and(|did| *did != manifest.did) {
        bail!("the bundle is of {}", manifest.did);
    }
    bring(&manifest.did, &Place::Bundle(bundle.to_owned()), target)
}

fn bring(did: &Did, place: &Place, target: &Target) -> anyhow::Result<ExitCode> {
    let (key, password) = (target.key()?, target.password()?);
    let opens: Vec<age::Identity> = target.opens()?;
    let consent = Agreed { missing: target.missing()?, replaces_newer: target.replace_newer };
    let (own, foreign) = target.others();
    let journal = match &target.journal {
        Some(file) => Journal::new(file),
        None => journal_in(Path::new(""), did),
    };
    let network = target.network();
    let host = target.host(&network);
    let shown = Mutex::new(Shown::new(target.json));
    let watch = |step: Step<'_>| {
        lock(&shown).step(&step);
        match step {
            Step::Planned(plan) if !target.yes && !agrees(plan) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let clock = clock();
    let rescue = Rescue {
        did,
        place,
        opens: &opens,
        host: &host,
        account: Account {
            handle: target.handle.as_ref(),
            email: target.email.as_deref(),
            password: &password,
            invite_code: target.invite_code.as_deref(),
        },
        key: &key,
        others: Others { own: &own, host: &foreign },
        consent: &consent,
        journal: &journal,
        plc: &network.plc,
        resolver: &network.resolver,
        clock: &clock,
        watch: &watch,
    };
    let runtime = Runtime::new().context("no threads to run on")?;
    if target.dry_run {
        let preview = runtime.block_on(rescue.preview());
        return Ok(lock(&shown).preview(preview));
    }
    let outcome = runtime.block_on(rescue.run());
    match outcome {
        Ok(rescued) => {
            let file = target.report(did);
            let written = fs::write(&file, rescued.report.encode());
            written.with_context(|| file.display().to_string())?;
            Ok(lock(&shown).done(&rescued, &file))
        }
        Err(failure) => Ok(lock(&shown).failed(&failure)),
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    // What is shown is whole at every moment.
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}
