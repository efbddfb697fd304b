//! What comes between a move and its next step, sorted by what to do about it.

use std::time::Duration;

use identity::plc::LimitError;
use identity::resolve::PlcError;
use migrate::host::HostError;
use migrate::job::{Need, State};
use migrate::switch::SwitchError;

use crate::failure::{Fault, chain};
use crate::import::ImportError;
use crate::mover::job::JobError;

/// What a step came to.
pub(super) enum Turn {
    /// The next one is due.
    Next(State, String),
    /// A person has to do something.
    Wait(Need),
    /// A person has to do something, which shows elsewhere: look again after a while.
    Poll(Need, Duration),
}

/// Why a step was not done.
pub(super) enum Trouble {
    /// It may work later.
    Later {
        /// What happened.
        error: String,
        /// When, if somebody has said so.
        after: Option<Duration>,
    },
    /// It may work later, but if it does not soon, a person has to decide.
    Doubtful(String),
    /// A person has to do something.
    Person(Need),
    /// The owner wants to cancel.
    Cancelled,
}

impl Trouble {
    pub(super) fn later(error: impl Into<String>) -> Self {
        Self::Later { error: error.into(), after: None }
    }

    pub(super) fn decide(message: impl Into<String>) -> Self {
        Self::Person(Need::Decide { message: message.into() })
    }

    pub(super) fn sign_in(message: impl Into<String>) -> Self {
        Self::Person(Need::SignIn { message: message.into() })
    }
}

impl From<HostError> for Trouble {
    fn from(error: HostError) -> Self {
        match &error {
            HostError::SessionEnded => Self::sign_in("the session at the old host has ended"),
            HostError::FactorNeeded => {
                Self::sign_in("the old host wants a code that it has mailed")
            }
            HostError::Busy { retry_after } => {
                Self::Later { after: *retry_after, error: chain(&error) }
            }
            _ if error.is_passing() => Self::later(chain(&error)),
            _ => Self::Doubtful(chain(&error)),
        }
    }
}

impl From<PlcError> for Trouble {
    fn from(error: PlcError) -> Self {
        let sentence = format!("the directory of did:plc: {}", chain(&error));
        match error {
            PlcError::Ended | PlcError::NotFound => Self::decide(sentence),
            _ => Self::later(sentence),
        }
    }
}

impl From<store::Error> for Trouble {
    fn from(error: store::Error) -> Self {
        Self::later(chain(&error))
    }
}

impl From<JobError> for Trouble {
    fn from(error: JobError) -> Self {
        Self::later(chain(&error))
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => Self::Doubtful(refusal.message().to_owned()),
            Fault::Internal(error) => Self::later(chain(&*error)),
        }
    }
}

impl From<SwitchError> for Trouble {
    fn from(error: SwitchError) -> Self {
        Self::decide(error.to_string())
    }
}

impl From<LimitError> for Trouble {
    fn from(error: LimitError) -> Self {
        Self::decide(error.to_string())
    }
}

impl From<ImportError> for Trouble {
    fn from(error: ImportError) -> Self {
        let sentence = chain(&error);
        match error {
            ImportError::Store(_) | ImportError::Changed(_) | ImportError::Signer(_) => {
                Self::later(sentence)
            }
            ImportError::TooManyRecords { .. } => Self::decide(sentence),
            // What was cut short comes whole next time.
            _ => Self::Doubtful(sentence),
        }
    }
}
