//! All files of an account in one, and the list of them: made as they are sent, as they may be many.
//!
//! The archive is of the form that tapes had (`ustar`), which every system can open.

use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use http_body_util::BodyDataStream;
use serde::Serialize;
use store::repo::RepoId;
use store::{Account, Blob};
use syntax::{Cid, Did};

use crate::failure::AnyError;
use crate::pds::Pds;
use crate::sending::FileBody;

/// How many files are read of the database at a time.
const PAGE: u64 = 500;
/// The bytes of a block, of which all is a multiple in an archive.
const BLOCK: usize = 512;
/// The most characters of what follows the dot in a name.
const EXTENSION_CHARS_MAX: usize = 10;
/// The most bytes of a file that a header can tell: eleven octal digits.
const FILE_BYTES_MAX: u64 = 0o777_7777_7777;

/// Where in a header something stands, and how many bytes there are for it.
const NAME: (usize, usize) = (0, 100);
const MODE: (usize, usize) = (100, 8);
const OWNER: (usize, usize) = (108, 8);
const GROUP: (usize, usize) = (116, 8);
const SIZE: (usize, usize) = (124, 12);
const TIME: (usize, usize) = (136, 12);
const SUM: (usize, usize) = (148, 8);
const KIND: (usize, usize) = (156, 1);
const MAGIC: (usize, usize) = (257, 8);

/// A file that an account has, as far as it is here.
struct Found {
    cid: Cid,
    blob: Option<Blob>,
}

/// Returns the archive of an account's files. Those that are not here, or were taken down, are not in it.
pub(super) fn archive(pds: &Pds, account: &Account, repo: RepoId) -> Body {
    let (owned, did) = (pds.clone(), account.did.clone());
    let files = found(pds, account, repo).and_then(move |found| {
        let (pds, did) = (owned.clone(), did.clone());
        async move { Ok::<_, AnyError>(archived(file(&pds, &did, &found).await?)) }
    });
    let end = stream::iter([Ok(Bytes::from_static(&[0; 2 * BLOCK]))]);
    Body::from_stream(files.try_flatten().chain(end))
}

/// Returns the list of an account's files: an object with a list, in the order of CIDs.
pub(super) fn list(pds: &Pds, account: &Account, repo: RepoId) -> Body {
    /// A file, as the list has it. What is not known of one that is not here is absent.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        cid: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    }
    let mut separator = "";
    let files = found(pds, account, repo).map(move |found| {
        let Found { cid, blob } = found?;
        let mime_type = blob.as_ref().map(|blob| blob.mime_type.as_str());
        let size = blob.as_ref().map(|blob| blob.size);
        let listed = Listed { cid: cid.to_string(), mime_type, size };
        let text = format!("{separator}\n{}", serde_json::to_string(&listed)?);
        separator = ",";
        Ok::<_, AnyError>(Bytes::from(text))
    });
    let text = |text: String| stream::iter([Ok(Bytes::from(text))]);
    let begin = text(format!("{{\"did\":\"{}\",\"files\":[", account.did));
    Body::from_stream(begin.chain(files).chain(text("\n]}\n".to_owned())))
}

/// Returns the files that records of an account refer to.
fn found(
    pds: &Pds,
    account: &Account,
    repo: RepoId,
) -> impl Stream<Item = Result<Found, AnyError>> + use<> {
    let (pds, id) = (pds.clone(), account.id);
    let pages = stream::try_unfold(None, move |after: Option<Cid>| {
        let pds = pds.clone();
        async move {
            let page = pds.store.read(|tx| {
                let cids = tx.referenced_blobs(repo, None, after.as_ref(), PAGE)?;
                let page = cids.into_iter().map(|cid| Ok(Found { cid, blob: tx.blob(id, &cid)? }));
                page.collect::<Result<Vec<_>, store::Error>>()
            });
            let page = page.await?;
            let last = page.last().map(|found| found.cid);
            let files = move |last| (stream::iter(page.into_iter().map(Ok)), Some(last));
            Ok::<_, AnyError>(last.map(files))
        }
    });
    pages.try_flatten()
}

/// A file as an archive has it: what is before it, the file, and what fills up the last block.
type Archived = (Bytes, FileBody, Bytes);

async fn file(pds: &Pds, did: &Did, found: &Found) -> Result<Option<Archived>, AnyError> {
    let Some(blob) = found.blob.as_ref().filter(|blob| blob.takedown_ref.is_none()) else {
        return Ok(None);
    };
    let Some((file, size)) = pds.store.blobs().open_blob(did, &found.cid).await? else {
        return Ok(None);
    };
    if size > FILE_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    let over = usize::try_from(size)? % BLOCK;
    let padding = vec![0; (BLOCK - over) % BLOCK];
    let header = header(&name(&found.cid, &blob.mime_type), size);
    Ok(Some((Bytes::from(header.to_vec()), FileBody::new(file, 0..size), Bytes::from(padding))))
}

fn archived(file: Option<Archived>) -> impl Stream<Item = Result<Bytes, AnyError>> {
    stream::iter(file).flat_map(|(header, body, padding)| {
        let body = BodyDataStream::new(body).map_err(AnyError::from);
        stream::iter([Ok(header)]).chain(body).chain(stream::iter([Ok(padding)]))
    })
}

/// Returns what a file is called: its CID, and what people tell its type by.
fn name(cid: &Cid, mime_type: &str) -> String {
    let kind = mime_type.split([';', ' ']).next().unwrap_or_default();
    let kind = kind.rsplit('/').next().unwrap_or_default();
    let is_plain = kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match is_plain && (1..=EXTENSION_CHARS_MAX).contains(&kind.len()) {
        true => format!("{cid}.{kind}"),
        false => cid.to_string(),
    }
}

/// Writes what is before a file in an archive.
fn header(name: &str, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |(at, length): (usize, usize), text: &str| {
        for (place, byte) in header.iter_mut().skip(at).take(length).zip(text.bytes()) {
            *place = byte;
        }
    };
    put(NAME, name);
    put(MODE, "0000644");
    put(OWNER, "0000000");
    put(GROUP, "0000000");
    put(SIZE, &format!("{size:011o}"));
    put(TIME, "00000000000");
    put(KIND, "0");
    put(MAGIC, "ustar\x0000");
    // The sum is of a header that has spaces in its place.
    put(SUM, "        ");
    let sum: u64 = header.iter().copied().map(u64::from).sum();
    let text = format!("{sum:06o}\0 ");
    for (place, byte) in header.iter_mut().skip(SUM.0).zip(text.bytes()) {
        *place = byte;
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_as_tools_read_it() {
        let header = header("bafk.jpeg", 1000);
        let text = |at: usize, length: usize| {
            let bytes = header[at..at + length].iter().copied().take_while(|byte| *byte != 0);
            String::from_utf8(bytes.collect()).unwrap()
        };
        assert_eq!(text(0, 100), "bafk.jpeg");
        assert_eq!((text(100, 8), text(124, 12)), ("0000644".into(), "00000001750".into()));
        assert_eq!((text(156, 1), text(257, 6)), ("0".into(), "ustar".into()));
        assert_eq!(&header[263..265], b"00");
        let spaces = 8 * u64::from(b' ');
        let others = header.iter().enumerate().filter(|(at, _)| !(148..156).contains(at));
        let sum = spaces + others.map(|(_, byte)| u64::from(*byte)).sum::<u64>();
        assert_eq!(u64::from_str_radix(&text(148, 6), 8), Ok(sum));
        assert_eq!(&header[154..156], b"\0 ");
    }

    #[test]
    fn names_tell_the_type_if_that_is_a_word() {
        let cid = Cid::of_raw(b"x");
        for (mime_type, expected) in [
            ("image/jpeg", format!("{cid}.jpeg")),
            ("text/plain; charset=utf-8", format!("{cid}.plain")),
            ("image/svg+xml", cid.to_string()),
            ("application/octet-stream", cid.to_string()),
            ("x/../../etc", cid.to_string() + ".etc"),
            ("", cid.to_string()),
        ] {
            assert_eq!(name(&cid, mime_type), expected, "{mime_type}");
        }
    }
}
