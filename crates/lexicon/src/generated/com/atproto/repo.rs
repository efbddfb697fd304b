//! The methods and types of `com.atproto.repo`.

pub mod apply_writes;
pub mod create_record;
pub mod defs;
pub mod delete_record;
pub mod describe_repo;
pub mod get_record;
pub mod import_repo;
pub mod list_missing_blobs;
pub mod list_records;
pub mod put_record;
pub mod strong_ref;
pub mod upload_blob;
