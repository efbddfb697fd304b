//! How far a move is.

use crate::Lang;

/// How far a move is: the step that is being done, or that a person has to do something for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveState {
    /// The account is made here, deactivated.
    Reserve,
    /// The repository comes.
    Import,
    /// The blobs come.
    Blobs,
    /// Preferences come.
    Private,
    /// What was written at the old host meanwhile comes.
    CatchUp,
    /// All is here. The owner looks at what will change, and agrees.
    Ready,
    /// The change of the identity gets its signature.
    Sign,
    /// The change of the identity is sent to the directory.
    Submit,
    /// The identity is looked at from outside.
    Confirm,
    /// What was written at the old host until the identity changed comes.
    FinalCatchUp,
    /// The account opens here.
    Activate,
    /// Relays are seen to know.
    Network,
    /// The account closes at the old host.
    Retire,
    /// The report is written.
    Report,
    /// It is done.
    Done,
    /// The account closes here, as its owner wants to be back at the old host.
    UndoClose,
    /// The identity is changed back.
    UndoSubmit,
    /// The account opens at the old host.
    UndoOpen,
    /// The account is at the old host, as it was.
    RolledBack,
    /// What was here of the account goes.
    Cancel,
    /// The move was cancelled, and nothing is left of it.
    Cancelled,
}

/// Some states that people see as one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    first: MoveState,
    last: MoveState,
}

/// Where a stage is, seen from the state of the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Past,
    Present,
    Future,
}

const THERE: [Stage; 9] = [
    Stage { first: MoveState::Reserve, last: MoveState::Reserve },
    Stage { first: MoveState::Import, last: MoveState::Import },
    Stage { first: MoveState::Blobs, last: MoveState::Blobs },
    Stage { first: MoveState::Private, last: MoveState::Private },
    Stage { first: MoveState::CatchUp, last: MoveState::CatchUp },
    Stage { first: MoveState::Ready, last: MoveState::Ready },
    Stage { first: MoveState::Sign, last: MoveState::Confirm },
    Stage { first: MoveState::FinalCatchUp, last: MoveState::Network },
    Stage { first: MoveState::Retire, last: MoveState::Report },
];
const BACK: [Stage; 3] = [
    Stage { first: MoveState::UndoClose, last: MoveState::UndoClose },
    Stage { first: MoveState::UndoSubmit, last: MoveState::UndoSubmit },
    Stage { first: MoveState::UndoOpen, last: MoveState::UndoOpen },
];
const AWAY: [Stage; 1] = [Stage { first: MoveState::Cancel, last: MoveState::Cancel }];

impl MoveState {
    /// All states.
    pub const ALL: [Self; 21] = [
        Self::Reserve,
        Self::Import,
        Self::Blobs,
        Self::Private,
        Self::CatchUp,
        Self::Ready,
        Self::Sign,
        Self::Submit,
        Self::Confirm,
        Self::FinalCatchUp,
        Self::Activate,
        Self::Network,
        Self::Retire,
        Self::Report,
        Self::Done,
        Self::UndoClose,
        Self::UndoSubmit,
        Self::UndoOpen,
        Self::RolledBack,
        Self::Cancel,
        Self::Cancelled,
    ];

    /// Returns the stages of the way that the move is on.
    pub(crate) fn stages(self) -> &'static [Stage] {
        match self {
            Self::UndoClose | Self::UndoSubmit | Self::UndoOpen | Self::RolledBack => &BACK,
            Self::Cancel | Self::Cancelled => &AWAY,
            _ => &THERE,
        }
    }

    /// Says what is being done.
    pub(crate) fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Reserve => lang.state_reserve(),
            Self::Import => lang.state_import(),
            Self::Blobs => lang.state_blobs(),
            Self::Private => lang.state_private(),
            Self::CatchUp => lang.state_catch_up(),
            Self::Ready => lang.state_ready(),
            Self::Sign => lang.state_sign(),
            Self::Submit => lang.state_submit(),
            Self::Confirm => lang.state_confirm(),
            Self::FinalCatchUp => lang.state_final_catch_up(),
            Self::Activate => lang.state_activate(),
            Self::Network => lang.state_network(),
            Self::Retire => lang.state_retire(),
            Self::Report => lang.state_report(),
            Self::Done => lang.state_done(),
            Self::UndoClose => lang.state_undo_close(),
            Self::UndoSubmit => lang.state_undo_submit(),
            Self::UndoOpen => lang.state_undo_open(),
            Self::RolledBack => lang.state_rolled_back(),
            Self::Cancel => lang.state_cancel(),
            Self::Cancelled => lang.state_cancelled(),
        }
    }
}

impl Stage {
    pub(crate) fn title(self, lang: Lang) -> &'static str {
        match self.first {
            MoveState::Sign => lang.stage_identity(),
            MoveState::FinalCatchUp => lang.stage_open(),
            MoveState::Retire => lang.stage_close(),
            MoveState::Ready => lang.stage_ready(),
            first => first.words(lang),
        }
    }

    pub(crate) fn place(self, state: MoveState) -> Place {
        match state {
            _ if state > self.last => Place::Past,
            _ if state < self.first => Place::Future,
            _ => Place::Present,
        }
    }
}

impl Place {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Past => "past",
            Self::Present => "present",
            Self::Future => "future",
        }
    }

    pub(crate) fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Past => lang.place_past(),
            Self::Present => lang.place_present(),
            Self::Future => lang.place_future(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_that_is_not_an_end_is_in_one_stage() {
        let ends = [MoveState::Done, MoveState::RolledBack, MoveState::Cancelled];
        for state in MoveState::ALL {
            let present =
                state.stages().iter().filter(|s| s.place(state) == Place::Present).count();
            assert_eq!(present, usize::from(!ends.contains(&state)), "{state:?}");
        }
        for end in ends {
            assert!(end.stages().iter().all(|stage| stage.place(end) == Place::Past), "{end:?}");
        }
    }
}
