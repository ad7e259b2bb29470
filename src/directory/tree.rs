//! What may lie in what: city → division → district → beat → neighborhood, where levels may be left out
//! (`domain/70-directory-and-moderation.md` 6.24).

use super::model::{Area, AreaKind};
use crate::ids::AgencyId;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;

const PLACE: &str = "/parent_id";

impl AreaKind {
    /// Whether an area of this kind may lie in one of kind `parent`.
    pub fn may_lie_in(self, parent: Self) -> bool {
        parent < self
    }
}

/// Why an area of this kind can't have a parent, or none, as the request says; before anybody knows the parent.
pub fn without_parent(kind: AreaKind, has_parent: bool) -> Option<FieldError> {
    match (kind, has_parent) {
        (AreaKind::City, true) => Some(wrong(PLACE, FieldCode::Inconsistent, "a city lies in no other area")),
        (AreaKind::City, false) | (_, true) => None,
        (_, false) => Some(wrong(PLACE, FieldCode::Required, format!("a {kind} lies in a wider area"))),
    }
}

/// Why an area of this agency and kind can't lie in `parent`; `None` for a parent that there is not.
pub fn misplaced(kind: AreaKind, agency: AgencyId, parent: Option<&Area>) -> Option<FieldError> {
    let no = |code, message: String| Some(wrong(PLACE, code, message));
    match parent {
        None => no(FieldCode::NotFound, "there is no such area".into()),
        Some(parent) if parent.agency_id != agency => {
            no(FieldCode::Inconsistent, "is an area of another agency".into())
        }
        Some(parent) if !kind.may_lie_in(parent.kind) => {
            no(FieldCode::Inconsistent, format!("a {kind} does not lie in a {}", parent.kind))
        }
        Some(parent) if parent.retired_at.is_some() => no(FieldCode::Inconsistent, "is retired".into()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_lie_in_wider_ones_only() {
        for (n, kind) in AreaKind::ALL.iter().enumerate() {
            for (m, parent) in AreaKind::ALL.iter().enumerate() {
                assert_eq!(kind.may_lie_in(*parent), m < n, "{kind} in {parent}");
            }
            assert_eq!(without_parent(*kind, false).is_none(), n == 0, "{kind}");
            assert_eq!(without_parent(*kind, true).is_none(), n > 0, "{kind}");
        }
    }

    #[test]
    fn a_parent_is_there_and_of_the_same_agency() {
        assert_eq!(misplaced(AreaKind::Beat, AgencyId::new(), None).map(|e| e.code), Some(FieldCode::NotFound));
    }
}
