//! How long sessions and their tokens live, and what a refresh token gets.
//!
//! Tokens are refreshed one after the other. One that comes again after its successor has taken its
//! place was either stolen, or the answer to it got lost: so it is good for a minute more, for the
//! same successor, and after that it ends the session.

use std::time::Duration;

use thiserror::Error;

use crate::error::{ErrorCode, Refusal};
use crate::token::TokenHash;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long everything lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// From a request to the owner's decision.
    pub request: Duration,
    /// From the decision until the client has got tokens for its code.
    pub code: Duration,
    /// An access token.
    pub access: Duration,
    /// For how long a refresh token that was used gets its successor again.
    pub grace: Duration,
    /// The sessions of clients that cannot prove who they are.
    pub public: SessionLifetimes,
    /// The sessions of clients that can.
    pub confidential: SessionLifetimes,
}

/// How long sessions of one kind of client live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// A session, however often it is refreshed.
    pub session: Duration,
    /// A refresh token: for how long a session may lie idle.
    pub refresh: Duration,
}

/// When a session and what was given out at a time end, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The session.
    pub session_s: u64,
    /// The refresh token.
    pub refresh_s: u64,
    /// The access token.
    pub access_s: u64,
}

/// What is known of a session that a refresh token was found to belong to. Times are in seconds
/// since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The token that is good.
    pub current: TokenHash,
    /// The token whose place the good one has taken. What came before is no more than used.
    pub previous: Option<TokenHash>,
    /// When it has.
    pub rotated_s: u64,
    /// When the good token ends.
    pub refresh_ends_s: u64,
    /// When the session ends.
    pub session_ends_s: u64,
}

/// What a refresh token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// A successor, which takes its place.
    Rotate,
    /// The same successor again, and an access token with the same id: the answer got lost, or the
    /// client was in two minds. Nothing is stored, so that the minute does not begin again.
    ReissueSuccessor,
    /// Nothing: the session is over. It can be deleted.
    Expired,
    /// Nothing, and the session ends: somebody else has the token, too.
    Replayed,
}

/// Says why a refresh token gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// There is no session that it belongs to, or not any more.
    #[error("refresh token is not known")]
    Unknown,
    /// The token, or its session, has ended.
    #[error("refresh token has expired")]
    Expired,
    /// It was used before.
    #[error("refresh token was used before, so that its session was ended")]
    Replayed,
}

impl Refusal for RefreshError {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidGrant
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            request: 5 * MINUTE,
            code: 5 * MINUTE,
            access: 15 * MINUTE,
            grace: MINUTE,
            public: SessionLifetimes { session: 14 * DAY, refresh: 14 * DAY },
            confidential: SessionLifetimes { session: 2 * 365 * DAY, refresh: 90 * DAY },
        }
    }
}

impl Lifetimes {
    /// Returns the lifetimes of the sessions of a client that can prove who it is, or cannot.
    pub fn of(&self, is_confidential: bool) -> SessionLifetimes {
        if is_confidential { self.confidential } else { self.public }
    }

    /// Says when all ends that is given out now, for a session that began at a time. Nothing
    /// outlives the session.
    pub fn ends(&self, is_confidential: bool, began_s: u64, now_s: u64) -> Ends {
        let SessionLifetimes { session, refresh } = self.of(is_confidential);
        let session_s = began_s.saturating_add(session.as_secs());
        let at_most = |time: Duration| session_s.min(now_s.saturating_add(time.as_secs()));
        Ends { session_s, refresh_s: at_most(refresh), access_s: at_most(self.access) }
    }

    /// Decides what a refresh token gets. Who sends it has proven all that there is to prove: that
    /// they are the client and have the key. Nobody else may end a session by asking.
    ///
    /// The decision and what follows from it belong into one transaction with what is known, so
    /// that of two requests with one token the second one finds what the first one did.
    pub fn refresh(&self, held: &Held, presented: &TokenHash, now_s: u64) -> Refresh {
        if held.session_ends_s <= now_s {
            return Refresh::Expired;
        }
        if held.current == *presented {
            return if held.refresh_ends_s <= now_s { Refresh::Expired } else { Refresh::Rotate };
        }
        // Once the successor is used, it is itself the previous one: a token gets its successor
        // only while nobody has used that.
        let is_graced = now_s <= held.rotated_s.saturating_add(self.grace.as_secs());
        if held.previous == Some(*presented) && is_graced {
            return Refresh::ReissueSuccessor;
        }
        Refresh::Replayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW_S;
    use crate::token::{RefreshToken, Successors};

    const DAY_S: u64 = 24 * 60 * 60;

    #[test]
    fn nothing_outlives_the_session() {
        let lifetimes = Lifetimes::default();
        for (is_confidential, age_s, session_s, refresh_s, access_s) in [
            (false, 0, 14 * DAY_S, 14 * DAY_S, 900),
            (false, 13 * DAY_S, DAY_S, DAY_S, 900),
            (false, 14 * DAY_S - 10, 10, 10, 10),
            (true, 0, 730 * DAY_S, 90 * DAY_S, 900),
            (true, 650 * DAY_S, 80 * DAY_S, 80 * DAY_S, 900),
        ] {
            let ends = lifetimes.ends(is_confidential, NOW_S - age_s, NOW_S);
            let [session_s, refresh_s, access_s] =
                [session_s, refresh_s, access_s].map(|left_s| NOW_S + left_s);
            assert_eq!(ends, Ends { session_s, refresh_s, access_s }, "{age_s}");
        }
    }

    #[test]
    fn each_refresh_has_one_answer() {
        let hash = |seed| RefreshToken::from_random([seed; 32]).hash();
        let (used, previous, current, strange) = (hash(1), hash(2), hash(3), hash(4));
        let held = Held {
            current,
            previous: Some(previous),
            rotated_s: NOW_S,
            refresh_ends_s: NOW_S + 1000,
            session_ends_s: NOW_S + 2000,
        };
        let first = Held { previous: None, ..held };
        for (held, presented, later_s, expected) in [
            (held, current, 0, Refresh::Rotate),
            (held, current, 999, Refresh::Rotate),
            (held, current, 1000, Refresh::Expired),
            (Held { session_ends_s: NOW_S + 10, ..held }, current, 10, Refresh::Expired),
            (held, previous, 0, Refresh::ReissueSuccessor),
            (held, previous, 60, Refresh::ReissueSuccessor),
            (held, previous, 61, Refresh::Replayed),
            (held, previous, 2000, Refresh::Expired),
            (held, used, 0, Refresh::Replayed),
            (held, used, 2000, Refresh::Expired),
            (first, current, 0, Refresh::Rotate),
            (first, strange, 0, Refresh::Replayed),
        ] {
            let refresh = Lifetimes::default().refresh(&held, &presented, NOW_S + later_s);
            assert_eq!(refresh, expected, "{presented:?} after {later_s}");
        }
    }

    #[test]
    fn two_who_refresh_at_once_both_go_on() {
        let (lifetimes, successors) = (Lifetimes::default(), Successors::new([9; 32]));
        let first = RefreshToken::from_random([1; 32]);
        let second = successors.refresh_token(&first);
        let third = successors.refresh_token(&second);
        let mut held = Held {
            current: first.hash(),
            previous: None,
            rotated_s: NOW_S - 100,
            refresh_ends_s: NOW_S + 1000,
            session_ends_s: NOW_S + 1000,
        };
        let mut refresh = |token: &RefreshToken, now_s| {
            let answer = lifetimes.refresh(&held, &token.hash(), now_s);
            if answer == Refresh::Rotate {
                let next = successors.refresh_token(token);
                held.previous = Some(token.hash());
                (held.current, held.rotated_s) = (next.hash(), now_s);
            }
            answer
        };
        assert_eq!(refresh(&first, NOW_S), Refresh::Rotate);
        // The other window gets the same tokens, so that either can be gone on with.
        assert_eq!(refresh(&first, NOW_S + 1), Refresh::ReissueSuccessor);
        assert_eq!(refresh(&second, NOW_S + 2), Refresh::Rotate);
        assert_eq!(refresh(&second, NOW_S + 3), Refresh::ReissueSuccessor);
        assert_eq!(refresh(&first, NOW_S + 4), Refresh::Replayed);
        assert_eq!(refresh(&third, NOW_S + 900), Refresh::Rotate);
        assert_eq!(refresh(&second, NOW_S + 901), Refresh::Replayed);
    }
}
