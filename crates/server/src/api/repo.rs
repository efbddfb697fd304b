//! `com.atproto.repo`: records and blobs.

mod apply_writes;
mod create_record;
mod delete_record;
mod describe_repo;
mod get_record;
mod import_repo;
mod list_missing_blobs;
mod list_records;
mod put_record;
mod reads;
mod refusal;
mod upload_blob;

use lexicon::com::atproto::repo::apply_writes::{ApplyWrites, Input as Writes, Writes as Op};
use lexicon::com::atproto::repo::create_record::CreateRecord;
use lexicon::com::atproto::repo::delete_record::DeleteRecord;
use lexicon::com::atproto::repo::import_repo::ImportRepo;
use lexicon::com::atproto::repo::put_record::PutRecord;

use crate::config::Config;
use crate::rate::{Key, REPO_WRITE};
use crate::xrpc::{Charge, Methods, Who};

/// The most bytes of a body that carries one record.
const RECORD_BODY_BYTES_MAX: u64 = 1_000_000;
/// The most bytes of a body that carries up to 200 records: no commit can be larger, and JSON takes
/// up to twice the room of CBOR.
const WRITES_BODY_BYTES_MAX: u64 = 5_000_000;

pub(super) fn register(methods: &mut Methods, config: &Config) {
    reads::register_reads(methods, config);
    methods
        .procedure(CreateRecord, create_record::create_record)
        .body_max(RECORD_BODY_BYTES_MAX)
        .rate_by_input(&REPO_WRITE, |who, _| charge(who, 3));
    methods
        .procedure(PutRecord, put_record::put_record)
        .body_max(RECORD_BODY_BYTES_MAX)
        .rate_by_input(&REPO_WRITE, |who, _| charge(who, 2));
    methods
        .procedure(DeleteRecord, delete_record::delete_record)
        .rate_by_input(&REPO_WRITE, |who, _| charge(who, 1));
    methods
        .procedure(ApplyWrites, apply_writes::apply_writes)
        .body_max(WRITES_BODY_BYTES_MAX)
        .rate_by_input(&REPO_WRITE, |who, input| charge(who, points(input)));
    methods.upload(ImportRepo, import_repo::import_repo).body_max(config.limits.import_bytes);
}

/// Counts writes by account.
fn charge(who: &Who<'_>, points: u32) -> Option<Charge> {
    Some(Charge { key: Key::Text(who.did?.to_string()), points })
}

fn points(input: &Writes) -> u32 {
    let points = input.writes.iter().map(|write| match write {
        Op::Create(_) => 3,
        Op::Update(_) => 2,
        Op::Delete(_) => 1,
    });
    points.sum()
}
