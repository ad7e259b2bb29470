//! Which unique index or exclusion a write ran into, told the same way for both engines.
//!
//! The database is the uniqueness check: two callers racing for one seat, place or current goal are decided by an index,
//! never by a look-up before. PostgreSQL reports the index's name, SQLite the columns; a [`Unique`] knows both. A test
//! compares every declared one with both schemas.

use diesel::result::{DatabaseErrorKind, Error as DbError};

use crate::platform::error::{Error, Result};

/// A unique index that a write may run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unique {
    /// The index's name, on both engines.
    pub index: &'static str,
    /// Its columns as SQLite reports them: `table.column, table.column`.
    pub columns: &'static str,
}

impl Unique {
    /// Whether `error` is a violation of this index.
    pub fn is_violated_by(&self, error: &DbError) -> bool {
        match error {
            DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                info.constraint_name() == Some(self.index)
                    || info.message().strip_prefix("UNIQUE constraint failed: ") == Some(self.columns)
            }
            _ => false,
        }
    }
}

/// Rows that may not lie over each other: an exclusion constraint on PostgreSQL, and on SQLite a trigger that raises the
/// same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusion {
    /// The constraint's name.
    pub name: &'static str,
}

impl Exclusion {
    /// Whether `error` is a violation of this constraint.
    pub fn is_violated_by(&self, error: &DbError) -> bool {
        match error {
            DbError::DatabaseError(_, info) => info.constraint_name() == Some(self.name) || info.message() == self.name,
            _ => false,
        }
    }
}

/// Turns the violation of a known index or constraint into a refusal.
pub trait OnConflict<T>: Sized {
    /// `refusal` in place of the violation of `unique`; any other error stays what it is.
    ///
    /// # Errors
    /// The refusal, or what went wrong otherwise.
    fn on_conflict(self, unique: &Unique, refusal: impl FnOnce() -> Error) -> Result<T>;
    /// `conflict` or `overlap`, whichever of the two was violated.
    ///
    /// # Errors
    /// One of the refusals, or what went wrong otherwise.
    fn on_conflict_or_overlap(
        self,
        unique: (&Unique, impl FnOnce() -> Error),
        exclusion: (&Exclusion, impl FnOnce() -> Error),
    ) -> Result<T>;
}

impl<T> OnConflict<T> for Result<T, DbError> {
    fn on_conflict(self, unique: &Unique, refusal: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|error| if unique.is_violated_by(&error) { refusal() } else { error.into() })
    }
    fn on_conflict_or_overlap(
        self,
        (unique, conflict): (&Unique, impl FnOnce() -> Error),
        (exclusion, overlap): (&Exclusion, impl FnOnce() -> Error),
    ) -> Result<T> {
        self.map_err(|error| match () {
            () if exclusion.is_violated_by(&error) => overlap(),
            () if unique.is_violated_by(&error) => conflict(),
            () => error.into(),
        })
    }
}

impl From<DbError> for Error {
    /// Whatever a slice did not foresee. Losing against another transaction or the engine's time limits is worth a retry;
    /// everything else is our fault.
    fn from(error: DbError) -> Self {
        match &error {
            DbError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Self::unavailable(1, error.to_string())
            }
            DbError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) | DbError::BrokenTransactionManager => {
                Self::unavailable(1, error.to_string())
            }
            DbError::DatabaseError(_, info) => {
                const BUSY: [&str; 8] = [
                    "database is locked",
                    "database or disk is full",
                    "disk I/O error",
                    "deadlock detected",
                    "canceling statement due to",
                    "terminating connection",
                    "server closed the connection",
                    "could not extend file",
                ];
                let message = info.message();
                if BUSY.iter().any(|busy| message.contains(busy)) || message.contains("connection") {
                    Self::unavailable(2, message)
                } else {
                    Self::fault(error.to_string())
                }
            }
            _ => Self::fault(error.to_string()),
        }
    }
}
