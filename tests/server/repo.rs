//! `com.atproto.repo`.

mod describe_repo;
mod get_record;
mod list_records;
mod upload_blob;
