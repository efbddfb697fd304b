//! Blocks by CID. There is no index for that on purpose: it would cost every write more than these
//! rare reads are worth. So a repository is gone through.

use std::collections::HashMap;

use bytes::Bytes;
use syntax::Cid;

use super::Head;
use crate::error::Error;
use crate::tx::Tx;

impl Tx<'_> {
    /// Returns those of some blocks that a repository has now; `None` if they have more bytes
    /// together than `bytes_max`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn blocks(
        &mut self,
        head: &Head,
        cids: &[Cid],
        bytes_max: usize,
    ) -> Result<Option<HashMap<Cid, Bytes>>, Error> {
        let (mut found, mut found_bytes) = (HashMap::new(), 0);
        let mut wanted: Vec<Cid> = cids.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.binary_search(&head.commit).is_ok() {
            found.insert(head.commit, head.block.clone());
        }
        for sql in [
            "SELECT cid, bytes FROM node WHERE repo = ?1",
            "SELECT cid, bytes FROM record WHERE repo = ?1",
        ] {
            if found.len() == wanted.len() {
                break;
            }
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([head.repo.0])?;
            while let Some(row) = rows.next()? {
                let cid = row.get_ref(0)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
                let cid = Cid::decode(cid).map_err(|_| Error::Malformed("CID"))?;
                if wanted.binary_search(&cid).is_ok() && !found.contains_key(&cid) {
                    let bytes: Vec<u8> = row.get(1)?;
                    found_bytes += bytes.len();
                    if found_bytes > bytes_max {
                        return Ok(None);
                    }
                    found.insert(cid, bytes.into());
                    if found.len() == wanted.len() {
                        break;
                    }
                }
            }
        }
        Ok(Some(found))
    }
}
