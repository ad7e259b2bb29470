//! Files of a backup: digests, durability, places that must be empty.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::FileEntry;
use crate::platform::crypto::{hex, sha256_of};
use crate::platform::error::{Error, Result};
use crate::platform::keys::make_private_dir;

pub(super) fn fault(path: &Path, why: std::io::Error) -> Error {
    Error::fault(format!("{}: {why}", path.display()))
}

/// Size and digest of a file.
pub(super) fn entry_of(path: &Path) -> Result<FileEntry> {
    let mut file = File::open(path).map_err(|e| fault(path, e))?;
    let (bytes, digest) = sha256_of(&mut file).map_err(|e| fault(path, e))?;
    Ok(FileEntry { bytes, sha256: hex(&digest) })
}

/// Whether there is nothing there, or an empty folder.
pub(super) fn is_vacant(dir: &Path) -> Result<bool> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(fault(dir, e)),
    }
}

/// A file up to its last line break, for a line may be in the writing; nothing where there is no file.
pub(super) fn whole_lines(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(mut bytes) => {
            bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
            Ok(bytes)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fault(path, e)),
    }
}

/// For its owner alone, and on the disk before this returns.
pub(super) fn make_private_and_durable(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(|e| fault(path, e))?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .and_then(|()| file.sync_all())
        .map_err(|e| fault(path, e))
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| fault(dir, e))
}

/// Copies a file to where there is none yet, whole or not at all, for its owner alone. What SQLite keeps beside a database
/// must not be there either: it would be taken for the log of this one.
pub(super) fn place(from: &Path, to: &Path) -> Result<()> {
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
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private_dir(dir)?;
    let draft = beside(".restoring");
    let copied = (|| {
        let mut source = File::open(from)?;
        let mut target = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        std::io::copy(&mut source, &mut target)?;
        target.sync_all()?;
        // Unlike a rename, a link fails when the target is there by now.
        std::fs::hard_link(&draft, to)
    })();
    // Whether or not it was linked, the draft is not needed any more.
    let _ = std::fs::remove_file(&draft);
    copied.map_err(|e| fault(to, e))?;
    sync_dir(dir)
}
