//! Undoing `Content-Encoding` while a body comes in.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};

use crate::failure::Refusal;

/// How many bytes are undone at once. Of each there can be a thousand, and none of these is refused
/// before it is there.
const PIECE_BYTES: usize = 1024;

/// Undoes what `Content-Encoding` says was done to a body.
pub(crate) enum Inflate {
    /// Nothing was done.
    Identity,
    Gzip(MultiGzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
}

impl Inflate {
    /// Reads what was done.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with 415 if it is not known here, or is several things.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let encoding = headers.get(CONTENT_ENCODING).map_or(Ok(""), |value| value.to_str());
        match encoding.unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip(MultiGzDecoder::new(Vec::new()))),
            "deflate" => Ok(Self::Deflate(ZlibDecoder::new(Vec::new()))),
            _ => {
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                Err(Refusal::of_status(status, "unsupported content-encoding"))
            }
        }
    }

    /// Takes some of `input` and returns what it stands for; `None` when all of it has been taken.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not of the form that was announced.
    pub(crate) fn next(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Refusal> {
        if input.is_empty() {
            return Ok(None);
        }
        if let Self::Identity = self {
            return Ok(Some(std::mem::take(input)));
        }
        let piece = input.split_to(input.len().min(PIECE_BYTES));
        let written = match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(decoder) => {
                decoder.write_all(&piece).map(|()| std::mem::take(decoder.get_mut()))
            }
            Self::Deflate(decoder) => {
                decoder.write_all(&piece).map(|()| std::mem::take(decoder.get_mut()))
            }
        };
        written.map(|bytes| Some(bytes.into())).map_err(|error| malformed(&error))
    }

    /// Returns what is left when all of the body is there.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not whole.
    pub(crate) fn finish(self) -> Result<Bytes, Refusal> {
        let rest = match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(decoder) => decoder.finish(),
            Self::Deflate(decoder) => decoder.finish(),
        };
        rest.map(Bytes::from).map_err(|error| malformed(&error))
    }
}

fn malformed(error: &io::Error) -> Refusal {
    tracing::debug!(%error, "a body does not decompress");
    Refusal::invalid_request("Request body does not decompress")
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn headers(encoding: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        headers
    }

    fn undo(encoding: &str, body: &[u8], piece: usize) -> Result<Vec<u8>, Refusal> {
        let mut inflate = Inflate::of(&headers(encoding))?;
        let mut undone = Vec::new();
        for bytes in body.chunks(piece) {
            let mut bytes = Bytes::copy_from_slice(bytes);
            while let Some(piece) = inflate.next(&mut bytes)? {
                undone.extend_from_slice(&piece);
            }
        }
        undone.extend_from_slice(&inflate.finish()?);
        Ok(undone)
    }

    #[test]
    fn what_was_done_is_undone_however_it_comes_in() {
        let body: Vec<u8> = (0..200_000_u32).flat_map(|n| (n % 977).to_le_bytes()).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&body).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(&body).unwrap();
        let deflate = deflate.finish().unwrap();
        for piece in [7, 1024, 1 << 20] {
            assert_eq!(undo("GZIP", &gzip, piece).unwrap(), body);
            assert_eq!(
                undo("gzip", &[&gzip[..], &gzip[..]].concat(), piece).unwrap().len(),
                1_600_000
            );
            assert_eq!(undo("deflate", &deflate, piece).unwrap(), body);
            assert_eq!(undo("identity", &body, piece).unwrap(), body);
            assert!(undo("gzip", &gzip[..gzip.len() - 9], piece).is_err());
            assert!(undo("gzip", &deflate, piece).is_err());
        }
        assert!(undo("br", &[], 1).is_err());
        assert!(undo("gzip, gzip", &[], 1).is_err());
    }
}
