//! Bringing an account back whose host is gone, from what its owner has kept: the repository, the
//! blobs, and a key.
//!
//! The owner's machine does it, through the methods that any host has, so that no key of the owner's
//! goes anywhere. A host that takes proofs by rotation keys (see [`identity::rotation_proof`]) lets
//! everything in while the identity is as it was; it is changed by one operation, when all is there and
//! has been read again. Until then nothing has happened, and from then on nothing is missing but the
//! activation.
//!
//! Every step looks at what is there before it does anything. So to do it all again is to go on, after
//! whatever interruption and on whatever machine: the operation is written to a journal before it is
//! sent, and one that the directory has is recognised by its name, or by what it says.

mod arrive;
mod change;
mod error;
mod journal;
mod keys;
mod proof;
mod prove;
mod sign_anew;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crypto::{PrivateKey, PublicKey};
use identity::Origin;
use identity::plc::log::AuditedLog;
use identity::plc::{DidKey, Service, is_plc};
use identity::resolve::{PlcClient, PlcError, Resolver};
use store::Clock;
use syntax::{Cid, Datetime, Did, Handle};

use crate::age;
use crate::host::Host;
use crate::reading::patiently;
use crate::report::{Loss, SignedReport};

pub use crate::rescue::change::Plan;
use crate::rescue::error::doing;
pub use crate::rescue::error::{Failure, RescueError};
pub use crate::rescue::journal::{Entry, Journal, JournalError};
pub use crate::rescue::keys::Sorted;
pub use crate::rescue::source::{Place, Source, SourceError};

/// An account that is to be brought back.
pub struct Rescue<'a> {
    /// Whose it is.
    pub did: &'a Did,
    /// What is left of it.
    pub place: &'a Place,
    /// What opens the private part of a bundle; without, it stays closed.
    pub opens: &'a [age::Identity],
    /// Where it is to be.
    pub host: &'a Host,
    /// How it will be called, and be signed in to.
    pub account: Account<'a>,
    /// What proves that it is the owner's. It stays here.
    pub key: &'a OwnerKey,
    /// Whose the identity's other keys are, as the owner says.
    pub others: Others<'a>,
    /// What the owner agrees to.
    pub consent: &'a Agreed,
    /// Where the operation is written before it is sent.
    pub journal: &'a Journal,
    /// The directory of did:plc.
    pub plc: &'a PlcClient,
    /// What looks up the documents of did:web.
    pub resolver: &'a Resolver,
    /// The time.
    pub clock: &'a Clock,
    /// Is told each step, and may stop there.
    pub watch: &'a (dyn Fn(Step<'_>) -> ControlFlow<()> + Sync),
}

/// What an account will be called, and how it is signed in to.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// The handle; by default the one that it had.
    pub handle: Option<&'a Handle>,
    /// The e-mail address; by default the one that the private part has.
    pub email: Option<&'a str>,
    /// The password.
    pub password: &'a str,
    /// The code that invites it, if the host wants one.
    pub invite_code: Option<&'a str>,
}

/// What proves that an identity is somebody's.
#[derive(Debug, Clone)]
pub enum OwnerKey {
    /// A rotation key, of a did:plc.
    Rotation(PrivateKey),
    /// The key that the document names, of a did:web.
    Signing(PrivateKey),
}

/// Whose rotation keys are that the owner does not hold here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// The owner's.
    pub own: &'a [DidKey],
    /// Those of hosts.
    pub host: &'a [DidKey],
}

/// What an owner agrees to.
#[derive(Debug, Clone, Default)]
pub struct Agreed {
    /// That blobs are missing.
    pub missing: Missing,
    /// That a repository at the new host is replaced although it is newer.
    pub replaces_newer: bool,
}

/// Which blobs may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Missing {
    /// None.
    #[default]
    None,
    /// As many as this, whichever they are.
    Count(u64),
    /// These.
    Named(BTreeSet<Cid>),
}

/// A step that was done, or is next.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// What there is was read and checked.
    Read(&'a Source),
    /// There is an account at the new host.
    Account,
    /// It has the repository.
    Imported,
    /// It has so many blobs of those that it lacked.
    Blobs {
        /// How many.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// All that it has was read again, and is what there was.
    Proved,
    /// The identity is to be changed like this. Who stops here has not agreed.
    Planned(&'a Plan),
    /// The operation is written down.
    Journaled(&'a Entry),
    /// The directory has it.
    Submitted(&'a Cid),
    /// The account is active.
    Activated,
}

/// An account that is back.
#[derive(Debug)]
pub struct Rescued {
    /// The report, signed with the owner's key.
    pub report: SignedReport,
}

/// What an identity says, and said.
struct Standing {
    /// The log of a did:plc.
    log: Option<AuditedLog>,
    /// The key that signs now.
    signing_key: Option<PublicKey>,
    /// Where it points.
    host: Option<Origin>,
}

/// What is looked at before anything is done.
#[derive(Debug)]
pub struct Preview {
    /// What there is.
    pub source: Source,
    /// How the identity would be changed.
    pub plan: Plan,
}

impl Rescue<'_> {
    /// Looks at everything and changes nothing.
    ///
    /// # Errors
    ///
    /// [`RescueError`] with what would stop it.
    pub async fn preview(&self) -> Result<Preview, RescueError> {
        let standing = self.standing().await?;
        let source = self.read(&standing)?;
        let to = match self.sign_in().await? {
            Some((owner, _)) => Some(self.recommended(&owner).await?),
            None => {
                self.host.describe().await.map_err(doing("asking it what it is"))?;
                None
            }
        };
        let plan = self.plan(&standing, to.as_ref(), &source)?;
        Ok(Preview { source, plan })
    }

    /// Brings the account back, or goes on with that.
    ///
    /// # Errors
    ///
    /// [`Failure`] with what stopped it. To run it again is to go on.
    pub async fn run(&self) -> Result<Rescued, Failure> {
        let is_switched = AtomicBool::new(false);
        self.steps(&is_switched)
            .await
            .map_err(|error| Failure { error, is_switched: is_switched.load(Ordering::Relaxed) })
    }

    async fn steps(&self, is_switched: &AtomicBool) -> Result<Rescued, RescueError> {
        let began = self.now();
        let standing = self.standing().await?;
        let source = self.read(&standing)?;
        self.step(Step::Read(&source))?;
        let owner = self.arrive(&source).await?;
        self.step(Step::Account)?;
        let to = self.recommended(&owner).await?;
        is_switched.store(standing.points_to(&to), Ordering::Relaxed);
        let status = owner.status().await.map_err(doing("asking for the account's state"))?;
        if status.activated && !status.valid_did {
            return Err(RescueError::Active);
        }
        if !status.activated {
            self.import(&owner, &source, &status).await?;
            self.step(Step::Imported)?;
            self.restore_private(&owner, &source).await?;
        }
        let refused = self.bring_blobs(&owner, &source).await?;
        let proved = self.prove(&owner, &source, &refused, status.activated).await?;
        let consents = self.agreed(&proved.missing, status.activated)?;
        self.step(Step::Proved)?;
        let before = self.change(&owner, &to, &source).await?;
        is_switched.store(true, Ordering::Relaxed);
        if !status.activated {
            patiently(|| owner.activate()).await.map_err(doing("activating the account"))?;
        }
        self.step(Step::Activated)?;
        let report = self.report(&owner, &to, &source, proved, consents, before, began).await?;
        Ok(Rescued { report: report.sign(self.key.private())? })
    }

    fn step(&self, step: Step<'_>) -> Result<(), RescueError> {
        match (self.watch)(step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RescueError::Stopped),
        }
    }

    fn now(&self) -> Datetime {
        Datetime::from_unix_ms(self.clock.now_ms())
    }

    /// Asks what the identity says, of those who know it first.
    async fn standing(&self) -> Result<Standing, RescueError> {
        if is_plc(self.did) {
            let log = self.plc.audited_log(self.did).await?;
            let state = log.state().ok_or(PlcError::Ended)?;
            let host = state.pds().and_then(Service::origin);
            return Ok(Standing { signing_key: state.signing_key(), host, log: Some(log) });
        }
        let document = self.resolver.document_anew(self.did).await?;
        let (signing_key, host) = (document.signing_key(), document.pds_endpoint());
        Ok(Standing { log: None, signing_key, host })
    }

    /// Reads what there is. Of a did:web whose document names the owner's key, the owner vouches.
    fn read(&self, standing: &Standing) -> Result<Source, RescueError> {
        let is_right = matches!(
            (standing.log.is_some(), self.key),
            (true, OwnerKey::Rotation(_)) | (false, OwnerKey::Signing(_))
        );
        if !is_right {
            return Err(RescueError::KeyKind);
        }
        let keys: Vec<PublicKey> = standing.signing_key.into_iter().collect();
        let log = standing.log.as_ref();
        let mut source = Source::read(self.place, self.did, log, &keys, self.opens)?;
        let own = self.key.private();
        if source.head.signed_by.is_none() && standing.signing_key == Some(own.public_key()) {
            source.sign_anew(self.did, own, self.clock.now_us())?;
        }
        Ok(source)
    }
}

impl OwnerKey {
    fn private(&self) -> &PrivateKey {
        let (Self::Rotation(key) | Self::Signing(key)) = self;
        key
    }
}

impl Missing {
    fn allows(&self, missing: &BTreeMap<Cid, (Option<String>, Loss)>) -> bool {
        match self {
            Self::None => missing.is_empty(),
            Self::Count(count) => u64::try_from(missing.len()).is_ok_and(|number| number <= *count),
            Self::Named(named) => missing.keys().all(|cid| named.contains(cid)),
        }
    }
}

impl fmt::Debug for Rescue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rescue").field("did", self.did).finish_non_exhaustive()
    }
}

/// Names the journal of a rescue where nobody has named one: in a directory, by the account.
pub fn journal_in(folder: &Path, did: &Did) -> Journal {
    let name: String = did.as_str().chars().map(|c| if c == ':' { '-' } else { c }).collect();
    Journal::new(&folder.join(format!("rescue-{name}.json")))
}
