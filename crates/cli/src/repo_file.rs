//! Reading a repository from a CAR file, in bounded memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use repo::archive::{Archive, ArchiveError, ArchiveReader};
use repo::car::Spool;

/// How many bytes of blocks stay in memory before they go to a temporary file.
const MEMORY_BYTES_MAX: usize = 32 << 20;
const PIECE_BYTES: usize = 256 << 10;

/// A repository whose blocks may be in a temporary file.
pub(crate) type FileArchive = Archive<File, fn() -> io::Result<File>>;

/// Reads a file, or standard input for `-`. A file that cannot be read is the outer error, one that
/// is no repository the inner.
pub(crate) fn read(path: &Path) -> anyhow::Result<Result<FileArchive, ArchiveError>> {
    let mut input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).with_context(|| path.display().to_string())?)
    };
    let open: fn() -> io::Result<File> = tempfile::tempfile;
    let mut reader = ArchiveReader::new(Spool::new(MEMORY_BYTES_MAX, open));
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = input.read(&mut piece).with_context(|| path.display().to_string())?;
        if count == 0 {
            return Ok(reader.finish());
        }
        if let Err(error) = reader.push(&piece[..count]) {
            return Ok(Err(error));
        }
    }
}

/// The arguments that both commands have.
#[derive(clap::Args)]
pub(crate) struct Input {
    /// The CAR file, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
