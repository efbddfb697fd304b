//! The methods and types of `social.pagurus.migration`.

pub mod approve_move;
pub mod cancel_move;
pub mod confirm_move;
pub mod defs;
pub mod get_move;
pub mod get_report;
pub mod list_moves;
pub mod plan_move;
pub mod resume_move;
pub mod start_move;
pub mod undo_move;
