//! Files of a backup: digests, durability, places that must be empty.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::FileEntry;
use crate::platform::crypto::{hex, sha256_of};
use crate::platform::error::{Error, Result};
use crate::platform::files::{folder_of, make_private_dir, sync_dir, whole_lines};

pub(super) fn fault(path: &Path, why: std::io::Error) -> Error {
    Error::fault(format!("{}: {why}", path.display()))
}

/// Size and digest of a file.
pub(super) fn entry_of(path: &Path) -> Result<FileEntry> {
    let mut file = File::open(path).map_err(|e| fault(path, e))?;
    let (bytes, digest) = sha256_of(&mut file).map_err(|e| fault(path, e))?;
    Ok(FileEntry { bytes, sha256: hex(&digest) })
}

/// The names of what is in a folder; none where there is no folder.
pub(super) fn names(dir: &Path) -> Result<Vec<OsString>> {
    match std::fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(|e| fault(dir, e))?.file_name())).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fault(dir, e)),
    }
}

/// Makes an empty file for its owner alone, where there is none yet.
pub(super) fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| fault(path, e))
}

/// A file up to its last line break, for a line may be in the writing; nothing where there is no file.
pub(super) fn lines_of(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(mut bytes) => {
            bytes.truncate(whole_lines(&bytes));
            Ok(bytes)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fault(path, e)),
    }
}

/// Has a file on the disk before this returns.
pub(super) fn make_durable(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| fault(path, e))
}

/// A copy of a file beside the place where it is to be; it is gone when this is dropped.
pub(super) struct Draft {
    draft: PathBuf,
    to: PathBuf,
}

impl Draft {
    /// Copies `from` to beside `to`, where there must be none yet, for its owner alone. What SQLite keeps beside a database
    /// must not be there either: it would be taken for the log of this one.
    pub(super) fn of(from: &Path, to: &Path) -> Result<Self> {
        let beside = |suffix: &str| {
            let mut name = to.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        for path in [to.to_path_buf(), beside("-wal"), beside("-shm"), beside("-journal")] {
            if path.exists() {
                return Err(Error::fault(format!(
                    "{} is there already; a backup is restored into an empty place",
                    path.display()
                )));
            }
        }
        make_private_dir(folder_of(to))?;
        let draft = Self { draft: beside(".restoring"), to: to.to_path_buf() };
        let copied = (|| {
            let mut source = File::open(from)?;
            let mut target =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft.draft)?;
            std::io::copy(&mut source, &mut target)?;
            target.sync_all()
        })();
        copied.map_err(|e| fault(to, e))?;
        Ok(draft)
    }

    /// Puts it in its place, whole or not at all.
    pub(super) fn place(self) -> Result<()> {
        // Unlike a rename, a link fails when the target is there by now.
        std::fs::hard_link(&self.draft, &self.to).map_err(|e| fault(&self.to, e))?;
        sync_dir(folder_of(&self.to)).map_err(|e| fault(&self.to, e))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Whether or not it was linked, it is not needed any more.
        let _ = std::fs::remove_file(&self.draft);
    }
}
