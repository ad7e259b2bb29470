//! The whole motion of each executive session stands in the minutes, for everybody to read (K.S.A. 75-4319; `domain/90`).

use super::model::{Minutes, MinutesVisibility, Redaction};
use super::queries as rows;
use super::rendition::Masks;
use crate::ids::MeetingId;
use crate::meetings::session::executive_sessions_of;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::wrong;

/// What is wrong with minutes that have not the whole motion for everybody to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Not everybody may read them.
    NotPublic,
    /// A motion is not in the text, word by word.
    Absent,
    /// A passage that was masked when the text was written takes part of it.
    Masked,
    /// A passage that was masked after they were published does.
    MaskedLater,
}

impl Fault {
    /// In the words of a problem's `missing`, and what to do.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::NotPublic => (
                "public_visibility",
                "The meeting recessed into an executive session, and everybody reads the motion: write the minutes with the \
                 visibility public.",
            ),
            Self::Absent => (
                "executive_session_motion",
                "The text has not the whole motion of each executive session in it, word by word: take it over from the \
                 draft of the minutes, or from the meeting's executive sessions, and write the minutes anew.",
            ),
            Self::Masked => (
                "executive_session_motion",
                "A redaction masks part of the motion of an executive session, which everybody reads whole: write the \
                 minutes anew without it, or with a longer passage that is not in the motion.",
            ),
            Self::MaskedLater => (
                "executive_session_motion",
                "This would mask part of the motion of an executive session, which everybody reads whole: name a longer \
                 passage that is not in the motion.",
            ),
        }
    }
}

/// What is wrong with a text, as it was written and as everybody reads it by the masks of then and of now; the first fault.
fn fault(motions: &[String], text: &str, visibility: MinutesVisibility, [then, now]: [&Masks; 2]) -> Option<Fault> {
    let lacks = |text: &str| motions.iter().any(|motion| !text.contains(motion.as_str()));
    if motions.is_empty() {
        None
    } else if visibility != MinutesVisibility::Public {
        Some(Fault::NotPublic)
    } else if lacks(text) {
        Some(Fault::Absent)
    } else if lacks(&then.text(text)) {
        Some(Fault::Masked)
    } else if lacks(&now.text(text)) {
        Some(Fault::MaskedLater)
    } else {
        None
    }
}

/// What can't be right in a text however it is gone on with: who may read it, and what its redactions mask of a motion that is
/// in it. A motion that is not in it yet can still be put in.
fn faults(motions: &[String], text: &str, visibility: MinutesVisibility, redactions: &[Redaction]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if motions.is_empty() {
        return errors;
    }
    if visibility != MinutesVisibility::Public {
        let why = "must be public: the meeting recessed into an executive session, and everybody reads the motion";
        errors.push(wrong("/visibility", FieldCode::Refused, why));
    }
    let whole: Vec<&str> = motions.iter().map(String::as_str).filter(|motion| text.contains(motion)).collect();
    for (n, redaction) in redactions.iter().enumerate() {
        let public = Masks::in_text(text, std::slice::from_ref(redaction)).text(text);
        if whole.iter().any(|motion| !public.contains(motion)) {
            let why = "masks part of the motion of an executive session, which everybody reads whole; take a longer passage \
                       that is not in the motion";
            errors.push(wrong(format!("/redactions/{n}/passage"), FieldCode::Refused, why));
        }
    }
    errors
}

fn motions_of(conn: &mut Conn, id: MeetingId) -> Result<Vec<String>> {
    Ok(executive_sessions_of(conn, id)?.into_iter().map(|session| session.motion.trim().to_owned()).collect())
}

/// Refuses a text that is about to be written, whose redactions or visibility keep a motion from everybody.
///
/// # Errors
/// 422 with each of them.
pub fn demand_readable(
    conn: &mut Conn,
    id: MeetingId,
    text: &str,
    visibility: MinutesVisibility,
    redactions: &[Redaction],
) -> Result<()> {
    let errors = faults(&motions_of(conn, id)?, text, visibility, redactions);
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Refuses minutes that have not the whole motion of each executive session in them, for everybody to read.
///
/// # Errors
/// 409 `gate_unmet` that tells what is wrong, and what to do.
pub fn demand_motions(conn: &mut Conn, id: MeetingId, row: &Minutes) -> Result<()> {
    let motions = motions_of(conn, id)?;
    if motions.is_empty() {
        return Ok(());
    }
    let version = rows::find_version(conn, row)?;
    let masks = [Masks::of(&version, &[]), Masks::of(&version, &rows::redactions(conn, row.id)?)];
    match fault(&motions, &version.text, row.visibility, [&masks[0], &masks[1]]).map(Fault::told) {
        None => Ok(()),
        Some((what, why)) => Err(Error::new(Code::GateUnmet, why).with_missing(vec![what])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::minutes::model::RedactionReason;

    const TEXT: &str = "Ms. Ortiz spoke. I move that we recess about the lease.";

    fn redaction(passage: &str) -> Redaction {
        Redaction { passage: passage.into(), reason: RedactionReason::Victim }
    }
    fn masks(passages: &[&str]) -> Masks {
        Masks::in_text(TEXT, &passages.iter().map(|passage| redaction(passage)).collect::<Vec<_>>())
    }
    fn motion(of: &str) -> Vec<String> {
        vec![of.to_owned()]
    }

    #[test]
    fn each_fault_of_a_motion_is_told_apart() {
        use MinutesVisibility::{Members, Public};
        let (there, other) = (motion("I move that we recess about the lease."), motion("I move that we recess."));
        let (none, harmless, harmful) = (masks(&[]), masks(&["Ms. Ortiz"]), masks(&["the lease"]));
        for (motions, visibility, then, now, expected) in [
            (&vec![], Members, &harmful, &harmful, None),
            (&there, Public, &none, &none, None),
            (&there, Public, &harmless, &harmless, None),
            (&there, Members, &none, &none, Some(Fault::NotPublic)),
            (&other, Public, &none, &none, Some(Fault::Absent)),
            (&there, Public, &harmful, &harmful, Some(Fault::Masked)),
            (&there, Public, &none, &harmful, Some(Fault::MaskedLater)),
        ] {
            assert_eq!(fault(motions, TEXT, visibility, [then, now]), expected, "{motions:?} {visibility}");
        }
        let all = [Fault::NotPublic, Fault::Absent, Fault::Masked, Fault::MaskedLater].map(|fault| fault.told().1);
        for (n, one) in all.iter().enumerate() {
            assert!(!all.iter().take(n).any(|before| before == one), "{one}");
        }
    }

    #[test]
    fn what_can_never_be_right_is_refused_when_it_is_written() {
        use MinutesVisibility::{Members, Public};
        let there = motion("I move that we recess about the lease.");
        let pointers = |motions: &[String], visibility, passages: &[&str]| {
            let redactions: Vec<_> = passages.iter().map(|passage| redaction(passage)).collect();
            let errors = faults(motions, TEXT, visibility, &redactions);
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert_eq!(pointers(&[], Members, &["the lease"]), [""; 0]);
        assert_eq!(pointers(&there, Public, &["Ms. Ortiz"]), [""; 0]);
        assert_eq!(pointers(&there, Members, &["Ms. Ortiz"]), ["/visibility"]);
        assert_eq!(pointers(&there, Public, &["Ms. Ortiz", "the lease"]), ["/redactions/1/passage"]);
        assert_eq!(pointers(&motion("Another motion."), Public, &["the lease"]), [""; 0], "it is not in the text yet");
    }
}
