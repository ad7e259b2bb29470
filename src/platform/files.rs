//! Files and folders, those for their owner alone before all: written whole or not at all, and on the disk with their name
//! before that is said.

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use crate::platform::clock::minutes;
use crate::platform::error::{Error, Result};

/// A draft is written within moments; one that was not touched for so long is nobody's any more.
const LEFT_BEHIND: Duration = minutes(10);

/// Refuses a secret file that others than its owner can read.
///
/// # Errors
/// When they can, when it is not a file, or when it can't be looked at.
pub fn refuse_if_others_can_read(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::fault(format!("{}: {e}", path.display())))?;
    if !metadata.is_file() {
        let path = path.display();
        return Err(Error::fault(format!("{path} is not a file; put the file that belongs there in its place")));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(Error::fault(format!("{} can be read by others; set its mode to 0600", path.display())));
        }
    }
    Ok(())
}

/// Makes a folder, and those above it, that only its owner can look into. One that is there already stays as it is.
///
/// # Errors
/// When it can't be made.
pub fn make_private_dir(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|e| Error::fault(format!("can't make {}: {e}", dir.display())))
}

/// Writes a file that only its owner can read, whole or not at all. Without `replace`, a file that is already there
/// stays. Drafts of it that interrupted writers left are removed.
///
/// # Errors
/// When it can't be written.
pub fn write_private(path: &Path, content: &[u8], replace: bool) -> Result<()> {
    use std::io::Write as _;
    let fault = |e: std::io::Error| Error::fault(format!("can't write {}: {e}", path.display()));
    let draft = path.with_extension(format!("{}.new", Uuid::now_v7().simple()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft).map_err(fault)?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| {
        if replace {
            std::fs::rename(&draft, path)
        } else {
            // Unlike a rename, a link fails when the target is there.
            match std::fs::hard_link(&draft, path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                other => other,
            }
        }
    });
    // After a rename there is no draft left to remove.
    let _ = std::fs::remove_file(&draft);
    written.and_then(|()| sync_dir(folder_of(path))).map_err(fault)?;
    remove_drafts(path);
    Ok(())
}

/// Removes the drafts of a file that [`write_private`] left behind when it was interrupted; they hold the same secrets.
/// What can't be removed stays, and the log says so.
pub fn remove_drafts(path: &Path) {
    let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { return };
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_prefix('.')?.strip_suffix(".new"));
        if id.is_none_or(|id| id.len() != 32 || Uuid::try_parse(id).is_err()) {
            continue;
        }
        // Another process may be writing just now.
        let age = entry.metadata().and_then(|draft| draft.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_none_or(|age| age < LEFT_BEHIND) {
            continue;
        }
        let draft = entry.path();
        match std::fs::remove_file(&draft) {
            Ok(()) => tracing::warn!(file = %draft.display(), "removed what an interrupted writer of secrets left"),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(file = %draft.display(), %error, "left by an interrupted writer of secrets: remove it");
            }
        }
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When it can't be opened or synced.
pub fn sync_dir(dir: &Path) -> std::io::Result<()> {
    std::fs::File::open(dir)?.sync_all()
}

/// Length of the lines that end with a line break: what stands behind the last one was not written whole, or is in the
/// writing.
pub fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}
