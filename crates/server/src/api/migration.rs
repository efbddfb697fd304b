//! `social.pagurus.migration`: accounts that move here, step by step, by themselves.

mod approve_move;
mod cancel_move;
mod confirm_move;
mod get_move;
mod get_report;
mod list_moves;
mod plan_move;
mod refusal;
mod resume_move;
mod source;
mod start_move;
mod undo_move;

use lexicon::social::pagurus::migration::{
    approve_move::ApproveMove, cancel_move::CancelMove, confirm_move::ConfirmMove,
    get_move::GetMove, get_report::GetReport, list_moves::ListMoves, plan_move::PlanMove,
    resume_move::ResumeMove, start_move::StartMove, undo_move::UndoMove,
};

use crate::rate;
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.procedure(ApproveMove, approve_move::approve_move);
    methods.procedure(CancelMove, cancel_move::cancel_move);
    methods.procedure(ConfirmMove, confirm_move::confirm_move);
    methods.query(GetMove, get_move::get_move);
    methods.query(GetReport, get_report::get_report);
    methods.query(ListMoves, list_moves::list_moves);
    methods.procedure(PlanMove, plan_move::plan_move).rate_by_ip(&rate::BEGIN_MOVE);
    methods.procedure(ResumeMove, resume_move::resume_move).rate_by_ip(&rate::BEGIN_MOVE);
    methods.procedure(StartMove, start_move::start_move).rate_by_ip(&rate::BEGIN_MOVE);
    methods.procedure(UndoMove, undo_move::undo_move).rate_by_ip(&rate::BEGIN_MOVE);
}
