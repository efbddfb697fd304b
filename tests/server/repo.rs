//! `com.atproto.repo`.

mod apply_writes;
mod create_record;
mod describe_repo;
mod get_record;
mod import_repo;
mod list_records;
mod put_record;
mod quotas;
mod upload_blob;
